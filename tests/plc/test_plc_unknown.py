"""Where the uses of an unknown thing disagree, the statement stops the PLC; the program still loads."""

from __future__ import annotations

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import PlcError, Program, compile_st


def stubbed(declared: str, body: str, calls: str = "stop", more: str = "") -> Program:
    text = f"{more}PROGRAM MAIN\nVAR {declared} END_VAR\n{body}\nEND_PROGRAM"
    return compile_st({"m.st": text}, "twincat", stubs=True, stub_calls=calls)


def stopped(program: Program) -> list[int]:
    """The lines of the statements that stop."""
    return [n.where.line for n in program.notices if "only stubs declare" in n.what]


DISAGREE = [
    ("n : INT; s : STRING; e : E_Mode;", "e := E_Mode.Auto;\ns := e;"),  # an enumeration, and a text
    ("n : INT; s : STRING;", "n := Gvl_X.value;\ns := Gvl_X.value;"),
    ("n : INT; a : ARRAY[0..3] OF INT; x : ST_X;", "x.d := n;\nx.d := a;"),
    ("n : INT; f : FB_X; q : BOOL; t : TON;", "f(x := t);\nf(x := q, y := f.x);\nn := 1;"),
    ("n : INT; p : POINTER TO ST_X;", "p^.k := n;\nn := p^.k.inner.deep;"),
]


@pytest.mark.parametrize(("declared", "body"), DISAGREE)
def test_that_uses_which_disagree_about_a_stub_do_not_keep_a_program_from_loading(
    declared: str, body: str
) -> None:
    assert stubbed(declared, body).statement_count > 0


def test_that_the_statement_stops_the_plc_where_it_is_reached_and_only_there() -> None:
    body = "n2 := Gvl_X.value;\nn := n + 1;\nIF n = 3 THEN s := Gvl_X.value; END_IF"
    found = stubbed("n, n2 : INT; s : STRING;", body)
    assert stopped(found) == [5]
    plc = found.start()
    plc.scan(0)
    plc.scan(1)
    with pytest.raises(PlcError, match=r"only stubs declare.*STRING") as caught:
        plc.scan(2)
    assert (caught.value.file, caught.value.line) == ("m.st", 5)


def test_that_a_condition_that_cannot_be_right_stops_before_its_branches() -> None:
    body = "n := Gvl_X.value;\nIF Gvl_X.value THEN\n  n := 7;\nEND_IF"
    found = stubbed("n : INT;", body)
    assert stopped(found) == [4]
    with pytest.raises(PlcError, match="BOOL condition"):
        found.start().scan(0)


def test_that_it_is_passed_over_and_told_where_stubs_leave_defaults() -> None:
    plc = stubbed(
        "n : INT; s : STRING;", "n := Gvl_X.value;\ns := Gvl_X.value;\nn := n + 3;", "defaults"
    ).start()
    plc.scan(0)
    assert plc["MAIN.n"] == 3 and plc.reached_stubs() == ("MAIN, line 4",)


def test_that_mistakes_of_the_program_itself_stay_problems() -> None:
    with pytest.raises(Problems) as caught:
        stubbed("n : INT; s : STRING; f : FB_X;", "n := s;\nf(x := n);\nIF f.q THEN\n n := 'a';\nEND_IF")
    assert [p.where.line for p in caught.value.problems] == [3, 6]


def test_that_an_alias_whose_name_does_not_show_in_its_type_is_known_as_a_stub() -> None:
    more = "TYPE ST_Own : STRUCT id : T_Id; END_STRUCT END_TYPE "
    found = stubbed(
        "a : T_Id; o : ST_Own; n : INT; s : STRING;", "a := n;\ns := a;\no.id := n;\ns := o.id;", more=more
    )
    assert len(stopped(found)) <= 2


def test_that_nothing_is_forgiven_without_stubs() -> None:
    with pytest.raises(Problems, match="STRING"):
        compile_st("PROGRAM MAIN VAR n : INT; s : STRING; END_VAR s := n; END_PROGRAM", stubs=True)


NO_STOP = [
    (
        "n : INT; s : STRING; q : BOOL;",
        "F_Log(n); F_Log(s); F_Log(q);",
    ),  # one parameter takes whatever it is given
    ("n : INT; l : FB_Logger; s : STRING;", "l.Add(n, s); l.Add(s, n);"),
    ("f : FB_X; n : INT; d : ST_D;", "f.Go(n, d); d.k := n; f.Go(n, d);"),  # in the order of their positions
    ("p : POINTER TO FB_X; i : I_X; n : INT;", "p := __NEW(FB_X(list := n, 3)); i := p^;"),
    ("p : POINTER TO BYTE;", "p := __NEW(ST_Unknown, 3);"),
    ("d : ST_D;", "F_Own(d.error);"),  # by reference: of the type that is asked for
]


@pytest.mark.parametrize(("declared", "body"), NO_STOP)
def test_that_a_stub_takes_values_of_several_types(declared: str, body: str) -> None:
    own = "FUNCTION F_Own VAR_IN_OUT e : ST_Error; END_VAR\ne.n := e.n + 1;\nEND_FUNCTION\n"
    assert stopped(stubbed(declared, body, more=own)) == []


def test_that_what_a_block_is_stored_in_is_taken_for_an_interface() -> None:
    block = "FUNCTION_BLOCK Own\nMETHOD Go : BOOL\nGo := TRUE;\nEND_METHOD\nEND_FUNCTION_BLOCK\n"
    plc = stubbed("o : Own; i : SomeKind; q : BOOL;", "i := o;\nq := TRUE;", more=block)
    assert stopped(plc) == []


def test_that_constants_of_a_name_that_only_a_stub_base_could_have_are_an_enumeration() -> None:
    block = (
        "FUNCTION_BLOCK Own EXTENDS FB_Base\nVAR n : INT; END_VAR\n"
        "CASE n OF Mode.auto: n := 1; Mode.manual: n := 2; END_CASE\nEND_FUNCTION_BLOCK\n"
    )
    assert stopped(stubbed("o : Own;", "o();", more=block)) == []


def test_that_a_block_calls_the_fb_init_of_what_it_has_from_a_stub_though_it_has_one_itself() -> None:
    block = (
        "FUNCTION_BLOCK Own EXTENDS FB_Base\n"
        "METHOD FB_init : BOOL VAR_INPUT bInitRetains, bInCopyCode : BOOL; END_VAR\n"
        "part.FB_init(FALSE, FALSE, 7);\nEND_METHOD\nEND_FUNCTION_BLOCK\n"
    )
    assert stopped(stubbed("o : Own;", "o();", more=block)) == []
