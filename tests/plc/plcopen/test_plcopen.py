"""PLCopen XML becomes text in its usual form, with everything that CODESYS adds, and keeps its places."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commissioning.files.xml_reader import read_xml
from commissioning.model.problem import Problems
from commissioning.plc import SourcePiece, compile_project
from commissioning.plc.plcopen.project import read_plcopen

sys.path.insert(0, str(Path(__file__).parent))

from drawn_networks import pieces_of, pou, program, project, target, value

DATA = "http://www.3s-software.com/plcopenxml"
CONFIGURED = """<instances><configurations><configuration name="Config"><resource name="Res">
<task name="fast" interval="INTERVAL" priority="1"><pouInstance name="Line" typeName="MAIN"/></task>
</resource>
<globalVars constant="true"><variable name="Limit"><type><INT/></type><initialValue><simpleValue value="7"/>
</initialValue></variable></globalVars></configuration></configurations></instances>"""


def texts(content: bytes) -> dict[str, str]:
    """Object name -> text; there must be no problem."""
    pieces, problems = pieces_of(content)
    assert problems == []
    return {piece.name.removeprefix("p.xml/").removesuffix(".st"): piece.text for piece in pieces}


def words(text: str) -> str:
    return " ".join(text.split())


def added(kind: str, inner: str) -> str:
    return f'<addData><data name="{DATA}/{kind}" handleUnknown="implementation">{inner}</data></addData>'


def plain(text: str) -> str:
    inner = f'<InterfaceAsPlainText><xhtml xmlns="http://www.w3.org/1999/xhtml">{text}</xhtml></InterfaceAsPlainText>'
    return added("interfaceasplaintext", inner)


def test_that_sections_types_and_initial_values_are_written_as_declarations() -> None:
    interface = """<interface>
<inputVars><variable name="a"><type><array><dimension lower="0" upper="3"/><dimension lower="1" upper="2"/>
<baseType><INT/></baseType></array></type><initialValue><arrayValue><value repetitionValue="8"><simpleValue
value="5"/></value></arrayValue></initialValue></variable></inputVars>
<outputVars><variable name="s"><type><string length="12"/></type></variable></outputVars>
<inOutVars><variable name="io"><type><derived name="ST_Point"/></type></variable></inOutVars>
<localVars retain="true"><variable name="k" address="%MW4"><type><subrangeSigned><range lower="-5" upper="5"/>
<baseType><INT/></baseType></subrangeSigned></type><documentation><p>how *) many</p></documentation>
</variable></localVars>
<localVars constant="true"><variable name="c"><type><LREAL/></type><initialValue><simpleValue value="1.5"/>
</initialValue></variable></localVars>
<tempVars><variable name="t"><type><derived name="TON"/></type><initialValue><structValue><value member="PT">
<simpleValue value="T#2s"/></value></structValue></initialValue></variable></tempVars>
<externalVars><variable name="g"><type><pointer><baseType><BYTE/></baseType></pointer></type></variable>
</externalVars></interface>"""
    pou_text = (
        f'<pou name="FB" pouType="functionBlock">{interface}<body><ST><p>s := \'x\';</p></ST></body></pou>'
    )
    assert words(texts(project(pou_text))["FB"]) == words(
        """FUNCTION_BLOCK FB
VAR_INPUT a : ARRAY[0..3, 1..2] OF INT := [8(5)]; END_VAR
VAR_OUTPUT s : STRING(12); END_VAR
VAR_IN_OUT io : ST_Point; END_VAR
VAR RETAIN k AT %MW4 : INT(-5..5); (* how * ) many *) END_VAR
VAR CONSTANT c : LREAL := 1.5; END_VAR
VAR_TEMP t : TON := (PT := T#2s); END_VAR
VAR_EXTERNAL g : POINTER TO BYTE; END_VAR
s := 'x';
END_FUNCTION_BLOCK"""
    )


def test_that_data_types_are_declared() -> None:
    types = """<types><dataTypes>
<dataType name="E_State"><baseType><enum><values><value name="Idle"/><value name="Busy" value="5"/></values>
</enum></baseType><initialValue><simpleValue value="Idle"/></initialValue></dataType>
<dataType name="ST_Point"><baseType><struct><variable name="x"><type><REAL/></type></variable></struct>
</baseType></dataType>
<dataType name="T_Row"><baseType><array><dimension lower="1" upper="9"/><baseType><BOOL/></baseType></array>
</baseType></dataType></dataTypes><pous/></types>"""
    content = f'<project xmlns="http://www.plcopen.org/xml/tc6_0201">{types}</project>'.encode()
    assert {name: words(text) for name, text in texts(content).items()} == {
        "E_State": "TYPE E_State : (Idle, Busy := 5) := Idle; END_TYPE",
        "ST_Point": "TYPE ST_Point : STRUCT x : REAL; END_STRUCT END_TYPE",
        "T_Row": "TYPE T_Row : ARRAY[1..9] OF BOOL; END_TYPE",
    }


def test_that_methods_properties_and_inheritance_are_read_from_what_codesys_adds() -> None:
    inherits = added(
        "pouinheritance", "<Inheritance><Extends>Base</Extends><Implements>I_A</Implements></Inheritance>"
    )
    method = added(
        "method",
        '<Method name="Start" ObjectId="1"><interface><returnType><BOOL/></returnType>'
        '<inputVars><variable name="v"><type><INT/></type></variable></inputVars>'
        + added("accessmodifiers", '<AccessModifiers Private="true"/>')
        + "</interface><body><ST><xhtml>Start := v &gt; 0;</xhtml></ST></body></Method>",
    )
    # the accessors in the order of CODESYS: Set first
    prop = added(
        "property",
        '<Property name="Speed"><interface><returnType><REAL/></returnType></interface>'
        "<SetAccessor><interface/><body><ST><xhtml>w := Speed;</xhtml></ST></body></SetAccessor>"
        "<GetAccessor><interface/><body><ST><xhtml>Speed := w;</xhtml></ST></body></GetAccessor></Property>",
    )
    actions = '<actions><action name="Reset"><body><ST><p>w := 0.0;</p></ST></body></action></actions>'
    interface = (
        '<interface><localVars><variable name="w"><type><REAL/></type></variable></localVars></interface>'
    )
    whole = (
        f'<pou name="FB" pouType="functionBlock">{interface}{actions}<body><ST><p>w := 1.0;</p></ST></body>'
        f"{inherits}{method}{prop}</pou>"
    )
    assert words(texts(project(whole))["FB"]) == words(
        """FUNCTION_BLOCK FB EXTENDS Base IMPLEMENTS I_A
VAR w : REAL; END_VAR
ACTION Reset: w := 0.0; END_ACTION
METHOD PRIVATE Start : BOOL VAR_INPUT v : INT; END_VAR Start := v > 0; END_METHOD
PROPERTY Speed : REAL GET Speed := w; END_GET SET w := Speed; END_SET END_PROPERTY
w := 1.0;
END_FUNCTION_BLOCK"""
    )


def test_that_interfaces_of_codesys_are_read() -> None:
    """Its methods and properties without bodies; here in an application, as CODESYS exports them."""
    method = '<Method name="Go"><interface><returnType><BOOL/></returnType></interface></Method>'
    prop = (
        '<Property name="Speed"><interface><returnType><REAL/></returnType></interface>'
        "<GetAccessor><interface/></GetAccessor></Property>"
    )
    extends = added("pouinheritance", "<Inheritance><Extends>I_Base</Extends></Inheritance>")
    interface = f'<Interface name="I_Motor"><Methods>{method}</Methods>{extends}{prop}</Interface>'
    rest = added("application", f'<resource name="Application">{added("interface", interface)}</resource>')
    assert words(texts(project(rest=rest))["I_Motor"]) == (
        "INTERFACE I_Motor EXTENDS I_Base METHOD Go : BOOL END_METHOD "
        "PROPERTY Speed : REAL GET END_GET END_PROPERTY END_INTERFACE"
    )


def test_that_a_declaration_that_the_export_has_as_text_is_taken_as_it_is() -> None:
    declared = "(* mine *)\nFUNCTION_BLOCK FB\nVAR\n\tx, y : INT := 3; // both\nEND_VAR"
    whole = (
        '<pou name="FB" pouType="functionBlock"><interface><localVars><variable name="x"><type><INT/></type>'
        "</variable></localVars></interface><body><ST><xhtml>x := y;</xhtml></ST></body>"
        f"{plain(declared)}</pou>"
    )
    assert texts(project(whole))["FB"] == f"{declared}\nx := y;\nEND_FUNCTION_BLOCK\n"


def test_that_a_list_of_globals_keeps_its_name_and_its_qualifiers() -> None:
    """Where blocks of one list differ, CODESYS has the qualifiers in MixedAttrsVarList only."""
    one = '<variable name="Total"><type><DINT/></type></variable>'
    two = '<variable name="Zones"><type><INT/></type><initialValue><simpleValue value="4"/></initialValue>'
    two += "</variable>"
    mixed = added(
        "mixedattrsvarlist",
        f'<MixedAttrsVarList><globalVars name="GVL_X" retain="true">{one}</globalVars>'
        f'<globalVars name="GVL_X" constant="true">{two}</globalVars></MixedAttrsVarList>',
    )
    rest = added("globalvars", f'<globalVars name="GVL_X">{one}{two}{mixed}</globalVars>')
    content = project(program("<p>GVL_X.Total := GVL_X.Zones;</p>", "ST"), rest=rest)
    found = texts(content)
    assert words(found["GVL_X"]) == (
        "VAR_GLOBAL RETAIN Total : DINT; END_VAR VAR_GLOBAL CONSTANT Zones : INT := 4; END_VAR"
    )
    pieces, _ = pieces_of(content)
    plc = compile_project({piece.name: piece for piece in pieces}).start()
    plc.run(scans=1)
    assert plc["GVL_X.Total"] == 4


@pytest.mark.parametrize(
    ("interval", "cycle"),
    [("T#20ms", 20_000_000), ("t#1s", 1_000_000_000), ("PT0.02S", 20_000_000), ("PT0.0005S", 500_000)],
)
def test_that_tasks_and_instances_become_a_configuration(interval: str, cycle: int) -> None:
    body = program("<p>n := Limit;</p>", "ST", n="INT")
    pieces, problems = pieces_of(project(body, rest=CONFIGURED.replace("INTERVAL", interval)))
    assert problems == []
    compiled = compile_project({piece.name: piece for piece in pieces})
    assert [(t.name, t.cycle_ns, t.priority, t.programs) for t in compiled.tasks] == [
        ("fast", cycle, 1, ("Line",))
    ]
    plc = compiled.start()
    plc.run(scans=1)
    assert plc["Line.n"] == 7


TRIGGERED = """<instances><configurations><configuration name="Config"><resource name="Res">
<task name="fast" ATTRIBUTES priority="1"><pouInstance name="Line" typeName="MAIN"/>INSIDE</task>
</resource><globalVars><variable name="go"><type><BOOL/></type></variable></globalVars>
</configuration></configurations></instances>"""


@pytest.mark.parametrize(
    ("attributes", "inside", "expected"),
    [
        ('single="go"', "", (0, "go")),
        ('single="Line.b" interval="PT0S"', "", (0, "Line.b")),
        ('single="go" interval="t#20ms"', "", (20_000_000, "go")),
        ("", '<addData><data><TaskSettings KindOfTask="Freewheeling"/></data></addData>', (10_000_000, "")),
    ],
    ids=["event", "event without interval", "both", "freewheeling"],
)  # fmt: skip
def test_that_what_starts_a_task_is_read(attributes: str, inside: str, expected: tuple[int, str]) -> None:
    rest = TRIGGERED.replace("ATTRIBUTES", attributes).replace("INSIDE", inside)
    pieces, problems = pieces_of(project(program("<p>;</p>", "ST", b="BOOL"), rest=rest))
    assert problems == []
    (task,) = compile_project({piece.name: piece for piece in pieces}).tasks
    assert (task.cycle_ns, task.trigger) == expected


def test_that_a_task_is_started_by_a_variable_and_no_text() -> None:
    rest = TRIGGERED.replace("ATTRIBUTES", 'single="go); PROGRAM x : MAIN; TASK y(SINGLE := go"')
    _, problems = pieces_of(project(program("<p>;</p>", "ST"), rest=rest.replace("INSIDE", "")))
    assert "which is no variable" in problems[0].what


PATHS = """<accessVars><accessVariable alias="Count" instancePathAndName="Res.Line.n" direction="readWrite">
<type><INT/></type></accessVariable><accessVariable alias="Seen" instancePathAndName="Line.n"><type>
<INT/></type></accessVariable></accessVars><configVars>
<configVariable instancePathAndName="Config.Res.Line.n"><type><INT/></type><initialValue>
<simpleValue value="40"/></initialValue></configVariable></configVars>"""


def test_that_access_paths_and_configured_variables_are_read() -> None:
    rest = CONFIGURED.replace("INTERVAL", "T#20ms").replace("</configuration>", f"{PATHS}</configuration>")
    pieces, problems = pieces_of(project(program("<p>n := n + Limit;</p>", "ST", n="INT"), rest=rest))
    assert problems == []
    plc = compile_project({piece.name: piece for piece in pieces}).start()
    plc.run(scans=1)
    assert (plc["Count"], plc["Seen"]) == (47, 47)
    plc["Count"] = 3
    assert plc["Line.n"] == 3
    with pytest.raises(ValueError, match="Seen is READ_ONLY"):
        plc["Seen"] = 1


@pytest.mark.parametrize("path", ["Line.n : INT; END_VAR x", "", "Line n"])
def test_that_a_path_is_a_path_and_no_text(path: str) -> None:
    paths = PATHS.replace("Config.Res.Line.n", path)
    rest = CONFIGURED.replace("INTERVAL", "T#20ms").replace("</configuration>", f"{paths}</configuration>")
    _, problems = pieces_of(project(program("<p>;</p>", "ST", n="INT"), rest=rest))
    assert ["is no path of a variable" in problem.what for problem in problems] == [True]


def test_that_variables_and_run_time_errors_are_at_home_in_the_original_file() -> None:
    whole = program("<p>\n  n := 1 /\n z;</p>", "ST", n="INT", z="INT", many="WORD", few="BYTE")
    for kind, upper in (
        ("WORD", 2000),
        ("BYTE", 3),
    ):  # one that is listed element by element, one that is not
        bounds = f'<array><dimension lower="0" upper="{upper}"/><baseType><INT/></baseType></array>'
        whole = whole.replace(f"<{kind}/>", bounds)
    content = project(whole)
    lines = content.decode().split("\n")
    pieces, _ = pieces_of(content)
    compiled = compile_project({piece.name: piece for piece in pieces})
    for path, name in (("MAIN.n", "n"), ("MAIN.many[1999]", "many"), ("MAIN.few[2]", "few")):
        variable = compiled.variable(path)
        assert variable.file == "p.xml"
        assert lines[variable.line - 1][variable.column - 1 :].startswith(f'<variable name="{name}">')
    spots = {(file, line) for file, line, _ in compiled.spots if file}
    home = {(file, line) for file, line in spots if file != "p.xml"}
    assert home == set()
    assert ("p.xml", next(k for k, line in enumerate(lines, 1) if "n := 1 /" in line)) in spots


def test_that_sentences_which_name_other_lines_name_those_of_the_file() -> None:
    content = project(program("<p>;</p>", "ST", n="INT"), program("<p>;</p>", "ST", name="main"))
    lines = content.decode().split("\n")
    pieces, _ = pieces_of(content)
    with pytest.raises(Problems) as raised:
        compile_project({piece.name: piece for piece in pieces})
    (problem,) = raised.value.problems
    first, second = (k for k, line in enumerate(lines, 1) if 'pouType="program"' in line)
    assert problem.where.line == second
    assert f"p.xml:{first}" in problem.what


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            program("<macroStep name='s' localId='1'/>", "SFC"),
            "a macroStep in a chart is not supported",
        ),
        (program("<p>ST a</p>", "IL"), "nothing is loaded"),
        (program("<x/>", "XYZ"), "<XYZ>, which is not known here"),
        ('<pou name="a b" pouType="program"><body><ST><p/></ST></body></pou>', "'a b' is no name of a pou"),
        ('<pou name="x" pouType="macro"><body><ST><p/></ST></body></pou>', "'macro' is no type of POU"),
        (program("<p/>", "ST", x="a;b"), "'a;b' is no name of a type"),
        (program("<p/>", "ST", **{"x; END_VAR": "INT"}), "is no name of a variable"),
        (
            '<pou name="F" pouType="function"><interface><returnType/></interface><body/></pou>',
            "a type is missing",
        ),
    ],
)
def test_that_what_cannot_be_read_is_told_and_the_rest_is_read(content: str, expected: str) -> None:
    pieces, problems = pieces_of(project(content, pou("Good", "functionBlock", "<p>;</p>", "ST")))
    assert len(problems) == 1
    assert expected in problems[0].what
    assert problems[0].where.line >= 4
    assert "p.xml/Good.st" in [piece.name for piece in pieces]


def test_that_another_kind_of_xml_is_told() -> None:
    pieces, problems = pieces_of(b"<html><body/></html>")
    assert pieces == []
    assert "no PLCopen project (<html>" in problems[0].what


WHOLE = project(
    program(value(1, "a") + target(2, "q", 1, negated="true"), a="BOOL", q="BOOL"),
    pou("F", "function", "<p><![CDATA[F := x;]]></p>", "ST", result="INT", inputVars={"x": "INT=3"}),
    rest=CONFIGURED.replace("INTERVAL", "T#10ms"),
)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_that_a_damaged_project_gives_problems_or_text_and_nothing_else(data: st.DataObject) -> None:
    """Words of the file are dropped, doubled or exchanged; what comes out can be compiled or is refused."""
    text = WHOLE.decode()
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        stop = min(len(text), start + data.draw(st.integers(0, 40)))
        instead = data.draw(
            st.sampled_from(["", text[start:stop] * 2, "x", '"', "<a/>", "refLocalId", "-1", "9" * 30, "'"])
        )
        text = text[:start] + instead + text[stop:]
    try:
        root = read_xml(text.encode(), "p.xml")
    except Problems:
        return
    pieces, problems = read_plcopen(root, "p.xml")
    assert all(problem.where.file == "p.xml" and problem.where.line for problem in problems)
    if not pieces:
        return
    try:
        compile_project({piece.name: piece for piece in pieces})
    except Problems as found:
        assert all(p.where.file in ("p.xml", "") or p.where.id for p in found.problems)
    assert all(isinstance(piece, SourcePiece) for piece in pieces)
