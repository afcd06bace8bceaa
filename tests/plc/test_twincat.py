"""TwinCAT files become text in its usual form and keep their places."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commissioning.files.xml_reader import read_xml
from commissioning.model.problem import Problem, Problems
from commissioning.plc import SourcePiece, compile_project
from commissioning.plc.twincat import TwinCatTask, read_twincat, task_piece

BLOCK = """<?xml version="1.0" encoding="utf-8"?>
<TcPlcObject Version="1.1.0.1" ProductVersion="3.1.4024.12">
  <POU Name="FB_Motor" Id="{7f893efb-b056-43d3-9cf8-4965b865d1ab}" SpecialFunc="None">
    <Declaration><![CDATA[// a motor (* FUNCTION Wrong
{attribute 'reflection'}
FUNCTION_BLOCK PUBLIC FB_Motor EXTENDS FB_Base IMPLEMENTS I_Motor
VAR
    _Speed : REAL;
END_VAR]]></Declaration>
    <Implementation>
      <ST><![CDATA[_Speed := 1.0;]]></ST>
    </Implementation>
    <Folder Name="private" Id="{1}" />
    <Action Name="Halt" Id="{2}">
      <Implementation>
        <ST><![CDATA[_Speed := 0.0;]]></ST>
      </Implementation>
    </Action>
    <Property Name="Speed" Id="{3}" FolderPath="private\\">
      <Declaration><![CDATA[PROPERTY PUBLIC Speed : REAL]]></Declaration>
      <Get Name="Get" Id="{4}">
        <Declaration><![CDATA[]]></Declaration>
        <Implementation>
          <ST><![CDATA[Speed := _Speed;]]></ST>
        </Implementation>
      </Get>
      <Set Name="Set" Id="{5}">
        <Declaration><![CDATA[VAR
    Old : REAL;
END_VAR]]></Declaration>
        <Implementation>
          <ST><![CDATA[_Speed := Speed; // last line without an end]]></ST>
        </Implementation>
      </Set>
    </Property>
    <Method Name="Start" Id="{6}" FolderPath="private\\">
      <Declaration><![CDATA[METHOD PUBLIC Start : BOOL
VAR_INPUT
    Slow : BOOL;
END_VAR]]></Declaration>
      <Implementation>
        <ST><![CDATA[Start := NOT Slow;]]></ST>
      </Implementation>
    </Method>
    <LineIds Name="FB_Motor"><LineId Id="1" Count="0" /></LineIds>
  </POU>
</TcPlcObject>
"""


def read(text: str, file: str = "FB_Motor.TcPOU") -> tuple[list[SourcePiece], list[Problem]]:
    pieces, _, problems = read_twincat(read_xml(text.encode(), file), file)
    return pieces, problems


def obj(inner: str) -> str:
    return f'<TcPlcObject Version="1.1.0.1">\n{inner}\n</TcPlcObject>'


def words(text: str) -> str:
    return " ".join(text.split())


def test_that_a_block_has_its_members_between_declaration_and_body() -> None:
    (piece,), problems = read(BLOCK)
    assert problems == []
    assert piece.name == piece.file == "FB_Motor.TcPOU"
    head = BLOCK[BLOCK.index("// a motor") : BLOCK.index("]]></Declaration>")]
    assert piece.text.startswith(head + "\n")
    assert words(piece.text[len(head) :]) == words(
        """ACTION Halt: _Speed := 0.0; END_ACTION
PROPERTY PUBLIC Speed : REAL
GET Speed := _Speed; END_GET
SET VAR Old : REAL; END_VAR _Speed := Speed; // last line without an end
END_SET
END_PROPERTY
METHOD PUBLIC Start : BOOL VAR_INPUT Slow : BOOL; END_VAR Start := NOT Slow; END_METHOD
_Speed := 1.0;
END_FUNCTION_BLOCK"""
    )
    assert "// last line without an end\nEND_SET" in piece.text  # or the comment would swallow it


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ("_Speed : REAL", "FB_Motor"),
        ("_Speed := 1.0", "FB_Motor"),
        ("_Speed := 0.0", "FB_Motor.Halt"),
        ("Speed := _Speed", "FB_Motor.Speed.Get"),
        ("Old : REAL", "FB_Motor.Speed.Set"),
        ("NOT Slow", "FB_Motor.Start"),
    ],
)
def test_that_every_place_leads_back_to_the_file(part: str, name: str) -> None:
    (piece,), _ = read(BLOCK)
    before = piece.text[: piece.text.index(part)]
    place = piece.place(before.count("\n") + 1, len(before) - before.rfind("\n"))
    written = BLOCK[: BLOCK.index(part)]
    assert (place.line, place.column) == (written.count("\n") + 1, len(written) - written.rfind("\n"))
    assert (place.file, place.id) == ("FB_Motor.TcPOU", name)


def test_that_words_of_ours_lead_to_the_element_that_they_stand_for() -> None:
    (piece,), _ = read(BLOCK)
    line = piece.text.split("\n").index("END_METHOD") + 1
    place = piece.place(line, 4)
    assert BLOCK.split("\n")[place.line - 1][place.column - 1 :].startswith('<Method Name="Start"')


def test_that_interfaces_types_and_globals_are_read() -> None:
    itf = obj(
        '<Itf Name="I_M"><Declaration><![CDATA[INTERFACE I_M EXTENDS I_A]]></Declaration>'
        '<Method Name="Go"><Declaration><![CDATA[METHOD Go : BOOL]]></Declaration></Method>'
        '<Property Name="P"><Declaration><![CDATA[PROPERTY P : INT]]></Declaration><Get Name="Get">'
        "<Declaration><![CDATA[]]></Declaration></Get></Property></Itf>"
    )
    (piece,), problems = read(itf, "I_M.TcIO")
    assert problems == []
    assert words(piece.text) == (
        "INTERFACE I_M EXTENDS I_A METHOD Go : BOOL END_METHOD "
        "PROPERTY P : INT GET END_GET END_PROPERTY END_INTERFACE"
    )
    dut = "TYPE ST_A :\nSTRUCT\n    a : INT;\nEND_STRUCT\nEND_TYPE"
    (piece,), _ = read(
        obj(f'<DUT Name="ST_A"><Declaration><![CDATA[{dut}]]></Declaration></DUT>'), "ST_A.TcDUT"
    )
    assert piece.text == dut + "\n"
    gvl = '<GVL Name="Params"><Declaration><![CDATA[VAR_GLOBAL\n x : INT;\nEND_VAR]]></Declaration></GVL>'
    (piece,), _ = read(obj(gvl), "GVLs/Other.TcGVL")
    assert piece.name == "GVLs/Other.TcGVL/Params.st"  # the name of the object counts, not that of the file


def test_that_tasks_become_a_configuration() -> None:
    def task(name: str, cycle: str, program: str) -> list[TwinCatTask]:
        text = obj(
            f'<Task Name="{name}"><!--micro seconds--><CycleTime>{cycle}</CycleTime><Priority>20</Priority>'
            f"<PouCall>\n<Name>{program}</Name></PouCall></Task>"
        )
        _, tasks, problems = read_twincat(read_xml(text.encode(), f"{name}.TcTTO"), f"{name}.TcTTO")
        assert problems == []
        return tasks

    tasks = task("Slow", "10000", "A") + task("Quick", "250", "B")
    sources: dict[str, str | SourcePiece] = {
        "a.st": "PROGRAM A\nEND_PROGRAM\nPROGRAM B\nEND_PROGRAM\n",
        "t": task_piece(tasks),
    }
    compiled = compile_project(sources)
    assert [(t.name, t.cycle_ns, t.programs) for t in compiled.tasks] == [
        ("Slow", 10_000_000, ("A",)),
        ("Quick", 250_000, ("B",)),
    ]
    sources["t"] = task_piece(task("Slow", "10000", "Missing"))
    with pytest.raises(Problems) as raised:
        compile_project(sources)
    assert raised.value.problems[0].where.file == "Slow.TcTTO"


@pytest.mark.parametrize(
    ("text", "words_of"),
    [
        ("<html/>", "no TwinCAT object (<html>"),
        (obj('<POU Name="P"></POU>'), "P has no declaration"),
        (obj('<POU Name="P"><Declaration>VAR END_VAR</Declaration></POU>'), "none of a PROGRAM"),
        (
            obj(
                '<POU Name="P"><Declaration>PROGRAM P</Declaration>'
                "<Implementation><CFC/></Implementation></POU>"
            ),
            "this <CFC> has no CFCImplementationObject in it",
        ),
        (
            obj(
                '<POU Name="P"><Declaration>PROGRAM P</Declaration>'
                "<Implementation><NWL/></Implementation></POU>"
            ),
            "this <NWL> has no NWLImplementationObject in it",
        ),
        (
            obj('<POU Name="P"><Declaration>PROGRAM P</Declaration><Transition Name="T"/></POU>'),
            "the transition P.T has no condition",
        ),
        (
            obj('<POU Name="P"><Declaration>PROGRAM P</Declaration><Action Name="a b"/></POU>'),
            "'a b' is no name of action",
        ),
        (obj('<Task Name="T"><CycleTime>ten</CycleTime></Task>'), "CycleTime of task T is no number"),
        (obj('<Task Name="T"><PouCall><Name>A;B</Name></PouCall></Task>'), "'A;B' is no name of a program"),
    ],
)
def test_that_what_cannot_be_read_is_told_with_its_place(text: str, words_of: str) -> None:
    _, problems = read(text)
    assert words_of in problems[0].what
    assert problems[0].where.file == "FB_Motor.TcPOU"
    assert problems[0].where.line >= 1


def test_that_a_declaration_of_nothing_but_comments_is_read_in_time() -> None:
    """Tried in every way in which comments can be joined, it would take for ever."""
    comments = "(* *) /* */ {x} // y\n" * 2000
    _, problems = read(obj(f'<POU Name="P"><Declaration>{comments}</Declaration></POU>'))
    assert "none of a PROGRAM" in problems[0].what


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_that_a_damaged_file_gives_problems_or_text_and_nothing_else(data: st.DataObject) -> None:
    text = BLOCK
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        stop = min(len(text), start + data.draw(st.integers(0, 60)))
        text = (
            text[:start] + data.draw(st.sampled_from(["", "<a/>", "x", "]]>", "(*", "\u00e4"])) + text[stop:]
        )
    try:
        pieces, problems = read(text)
    except Problems:
        return
    assert all(problem.where.file == "FB_Motor.TcPOU" for problem in problems)
    for piece in pieces:
        for line in range(1, piece.text.count("\n") + 2):
            assert piece.place(line, 1).line >= 1
