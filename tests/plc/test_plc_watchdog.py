"""The watchdog: a budget of statements per scan, counted when compiling, spent by rounds of loops."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commissioning.model.problem import Problems
from commissioning.plc import PlcError, Program, TaskSpec, compile_st
from commissioning.plc.values.runtime import STATEMENT_BUDGET

MS = 1_000_000
HELPERS = """
FUNCTION three : INT VAR_INPUT x : INT; END_VAR VAR t : INT; END_VAR
t := x; t := t + 1; three := t; END_FUNCTION
FUNCTION_BLOCK two VAR_INPUT x : INT; END_VAR VAR a, b : INT; END_VAR a := x; b := a; END_FUNCTION_BLOCK
"""


def limited(body: str, watchdog: int) -> Program:
    text = (
        f"{HELPERS}PROGRAM P VAR i, j, n : DINT; k : INT; on : BOOL; fb : two; END_VAR\n{body}\nEND_PROGRAM"
    )
    return compile_st({"main.st": text}, tasks=[TaskSpec("main", "P", 10 * MS, watchdog=watchdog)])


@pytest.mark.parametrize(
    ("body", "round_"),
    [
        ("n := 1;", 1),
        ("n := 1; n := 2; n := 3;", 3),
        (";", 1),
        ("IF on THEN n := 1; n := 2; ELSIF n > 5 THEN n := 3; END_IF", 3),
        ("CASE n OF 1: n := 1; 2: n := 2; n := 3; ELSE n := 1; END_CASE", 3),
        ("k := three(k);", 4),
        ("k := three(k) + three(1);", 7),
        ("IF three(k) > 2 THEN n := 1; END_IF", 5),
        ("fb(x := k);", 3),
        ("fb(x := three(k)); n := 1;", 7),
        ("IF on THEN FOR j := 1 TO 0 DO n := 1; END_FOR END_IF", 1),
    ],
)
def test_that_a_round_costs_the_statements_on_the_longest_way_through_it(body: str, round_: int) -> None:
    """So many rounds fit, and one more does not."""
    rounds = 50
    loop = f"FOR i := 1 TO {{}} DO {body} END_FOR"
    limited(loop.format(rounds), rounds * round_).start().scan(0)
    with pytest.raises(PlcError, match="watchdog"):
        limited(loop.format(rounds + 1), rounds * round_).start().scan(0)
    with pytest.raises(PlcError, match="watchdog"):
        limited(loop.format(rounds), rounds * round_ - 1).start().scan(0)


def test_that_an_overrun_names_task_statement_and_cure() -> None:
    body = "n := 0;\n\n  WHILE TRUE DO n := n + 1; END_WHILE"
    program = limited(body, 500)
    for _ in range(2):  # the same each time
        plc = program.start()
        with pytest.raises(PlcError) as caught:
            plc.scan(0)
        message = "watchdog: a scan of task main executes more than 500 statements in this loop"
        assert caught.value.message == message
        line = HELPERS.count("\n") + 4  # PROGRAM P, the body
        assert (caught.value.file, caught.value.line, caught.value.column) == ("main.st", line, 3)
        assert "raise the watchdog" in caught.value.cure
        assert plc["P.n"] == 499  # one statement stands before the loop
        state = plc.snapshot()
        assert state["stopped"][-1] == caught.value.cure


def test_that_every_task_has_a_budget_of_its_own_and_a_new_one_in_each_scan() -> None:
    text = """PROGRAM A VAR i, n : INT; END_VAR FOR i := 1 TO 90 DO n := n + 1; END_FOR END_PROGRAM
        PROGRAM B VAR i, n : INT; END_VAR FOR i := 1 TO 300 DO n := n + 1; END_FOR END_PROGRAM"""
    tasks = [TaskSpec("a", "A", 10 * MS, watchdog=100), TaskSpec("b", "B", 10 * MS, watchdog=300)]
    plc = compile_st(text, tasks=tasks).start()
    plc.run(scans=5)
    assert (plc["A.n"], plc["B.n"]) == (450, 1200)
    tasks[1] = TaskSpec("b", "B", 10 * MS, watchdog=299)
    with pytest.raises(PlcError, match="task b executes more than 299"):
        compile_st(text, tasks=tasks).start().run(scans=2)


def test_that_a_program_that_never_fits_is_told_when_it_is_compiled() -> None:
    body = "n := 1; " * 10 + "k := three(k);"
    assert limited(body, 14).straight == (14,)
    with pytest.raises(
        Problems, match="a scan of task main executes 14 statements, its watchdog allows 13"
    ) as caught:
        limited(body, 13)
    assert caught.value.problems[0].where.id == "task.main"
    with pytest.raises(Problems, match="the watchdog of task main allows no statement"):
        limited("n := 1;", 0)


def test_that_the_usual_budget_is_a_million_statements() -> None:
    program = compile_st("PROGRAM P VAR i, n : DINT; END_VAR WHILE TRUE DO n := n + 1; END_WHILE END_PROGRAM")
    plc = program.start()
    with pytest.raises(PlcError, match="task main executes more than 1000000 statements"):
        plc.scan(0)
    assert plc["P.n"] == STATEMENT_BUDGET == 1_000_000  # see decision 5


def test_that_straight_code_carries_no_counter() -> None:
    program = limited("n := 1; IF on THEN n := 2; END_IF fb(x := three(k));", 100)
    assert "g[0]" not in program.source


# (text, statements on its longest way, statements of rounds)
Piece = tuple[str, int, int]
LEAF: st.SearchStrategy[Piece] = st.sampled_from(
    [("n := n + 1;", 1, 0), ("k := three(k);", 4, 0), ("fb(x := k);", 3, 0),
     ("IF on THEN n := 1; n := 2; ELSE n := 3; END_IF", 3, 0)]
)  # fmt: skip


def joined(pieces: list[Piece]) -> Piece:
    return " ".join(p[0] for p in pieces), sum(p[1] for p in pieces), sum(p[2] for p in pieces)


BODY = st.lists(LEAF, min_size=1, max_size=3).map(joined)
NESTED: st.SearchStrategy[Piece] = st.one_of(
    st.tuples(st.integers(0, 4), BODY).map(
        lambda x: (f"j := 0; WHILE j < {x[0]} DO j := j + 1; {x[1][0]} END_WHILE", 1, x[0] * (1 + x[1][1]))
    ),
    st.tuples(st.integers(0, 4), BODY).map(
        lambda x: (f"FOR j := 1 TO {x[0]} DO {x[1][0]} END_FOR", 0, x[0] * x[1][1])
    ),
    st.tuples(st.integers(1, 4), BODY).map(
        lambda x: (
            f"j := 0; REPEAT j := j + 1; {x[1][0]} UNTIL j >= {x[0]} END_REPEAT", 1, x[0] * (1 + x[1][1])
        )
    ),
    st.tuples(st.booleans(), BODY).map(
        lambda x: (f"IF {str(x[0]).upper()} THEN {x[1][0]} END_IF", 1 + x[1][1], 0)
    ),
)  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(st.lists(st.one_of(LEAF, NESTED), min_size=1, max_size=5).map(joined))
def test_that_the_smallest_budget_that_is_enough_is_the_longest_way_and_the_rounds(piece: Piece) -> None:
    body, straight, rounds = joined([("n := 0;", 1, 0), piece])
    limited(body, straight + rounds).start().scan(0)
    with pytest.raises(PlcError if rounds else Problems, match="watchdog"):
        limited(body, straight + rounds - 1).start().scan(0)


CALLS_TWICE = """
FUNCTION_BLOCK Twice
METHOD a : INT VAR_INPUT n : INT; END_VAR a := THIS^.b(n) + THIS^.b(n); END_METHOD
METHOD b : INT VAR_INPUT n : INT; END_VAR IF n < {deep} THEN b := THIS^.a(n + 1); END_IF END_METHOD
END_FUNCTION_BLOCK
PROGRAM P VAR t : Twice; x : INT; END_VAR
x := t.a(1);
END_PROGRAM
"""


def test_that_calls_which_multiply_by_leading_back_to_themselves_are_stopped() -> None:
    """2^40 calls, never more than 80 in each other."""
    plc = compile_st(CALLS_TWICE.format(deep=40)).start()
    with pytest.raises(PlcError, match="more than 1000000 statements in calls that lead back to themselves"):
        plc.scan(0)
    compile_st(CALLS_TWICE.format(deep=10)).start().scan(0)


BY_CLASS = """
FUNCTION_BLOCK Base VAR_INPUT p : POINTER TO Base; END_VAR END_FUNCTION_BLOCK
FUNCTION_BLOCK Derived EXTENDS Base p^(); END_FUNCTION_BLOCK
PROGRAM P VAR d : Derived; END_VAR
d(p := ADR(d));
END_PROGRAM
"""
BY_TWO_WAYS = """
FUNCTION_BLOCK One
VAR_INPUT two : POINTER TO Two; first : BOOL; END_VAR
IF first THEN m(); ELSE n(); END_IF
METHOD m two^(); END_METHOD
METHOD n two^(); END_METHOD
END_FUNCTION_BLOCK
FUNCTION_BLOCK Two VAR_INPUT one : POINTER TO One; END_VAR
one^();
END_FUNCTION_BLOCK
PROGRAM P VAR a : One; b : Two; END_VAR
b.one := ADR(a);
a(two := ADR(b), first := {first});
END_PROGRAM
"""


@pytest.mark.parametrize(
    "text", [BY_CLASS, BY_TWO_WAYS.format(first="TRUE"), BY_TWO_WAYS.format(first="FALSE")]
)
def test_that_bodies_which_lead_back_to_themselves_stop_the_plc(text: str) -> None:
    plc = compile_st(text).start()
    with pytest.raises(PlcError, match="calls lead back to themselves more than 100 times"):
        plc.scan(0)


def test_that_blocks_which_contain_each_other_are_refused_also_where_a_method_calls_the_inner_one() -> None:
    text = """
    FUNCTION_BLOCK Outer VAR inner : Inner; END_VAR
    m();
    METHOD m inner(); END_METHOD
    END_FUNCTION_BLOCK
    FUNCTION_BLOCK Inner VAR outer : Outer; END_VAR
    outer();
    END_FUNCTION_BLOCK
    PROGRAM P VAR o : Outer; END_VAR
    o();
    END_PROGRAM
    """
    with pytest.raises(Problems, match="Outer contains or calls itself: Outer -> Inner -> Outer"):
        compile_st(text)


def chain(count: int) -> str:
    """So many blocks, each of a class of its own, that ask the next one, which they know as an interface."""
    classes = "\n".join(
        f"FUNCTION_BLOCK F{k} IMPLEMENTS I VAR_INPUT next : I; END_VAR\n"
        f"METHOD length : INT\n"
        f"IF next <> 0 THEN length := next.length() + 1; ELSE length := 1; END_IF END_METHOD\n"
        f"END_FUNCTION_BLOCK"
        for k in range(count)
    )
    declared = " ".join(f"f{k} : F{k};" for k in range(count))
    wired = " ".join(f"f{k}.next := f{k + 1};" for k in range(count - 1))
    return (
        f"INTERFACE I METHOD length : INT END_METHOD END_INTERFACE\n{classes}\n"
        f"PROGRAM P VAR {declared} n : INT; END_VAR {wired} n := f0.length(); END_PROGRAM"
    )


def test_that_many_classes_of_one_interface_may_call_each_other() -> None:
    """Each may come to any other, which is no reason to count all the ways there might be."""
    plc = compile_st(chain(90)).start()
    plc.scan(0)
    assert plc["P.n"] == 90


def test_that_a_call_by_interface_counts_as_the_longest_that_it_may_come_to() -> None:
    text = """
    INTERFACE I METHOD m END_METHOD END_INTERFACE
    FUNCTION_BLOCK Short IMPLEMENTS I VAR n : INT; END_VAR METHOD m n := 1; END_METHOD END_FUNCTION_BLOCK
    FUNCTION_BLOCK Long IMPLEMENTS I VAR n : INT; END_VAR
    METHOD m n := 1; n := 2; n := 3; END_METHOD END_FUNCTION_BLOCK
    PROGRAM P VAR a : Short; b : Long; x : I; i : INT; END_VAR
    x := a;
    FOR i := 1 TO {rounds} DO x.m(); END_FOR
    END_PROGRAM
    """
    task = TaskSpec("main", "P", 10 * MS, watchdog=2 + 50 * 4)
    compile_st({"main.st": text.format(rounds=50)}, tasks=[task]).start().scan(0)
    with pytest.raises(PlcError, match="watchdog"):
        compile_st({"main.st": text.format(rounds=51)}, tasks=[task]).start().scan(0)


MEMORY = """
PROGRAM P VAR a, b : ARRAY[0..8191] OF LREAL; i : DINT; END_VAR
FOR i := 1 TO {rounds} DO {body} END_FOR
END_PROGRAM
"""


@pytest.mark.parametrize(
    ("body", "round_", "words"),
    [
        ("a := b;", 1 + 8192 // 64, "in this loop"),
        ("MEMCPY(ADR(a), ADR(b), SIZEOF(a));", 1 + 65_536 // 4, "by bytes of memory that it moves"),
        ("MEMSET(ADR(a), 0, SIZEOF(a));", 1 + 65_536 // 4, "by bytes of memory that it moves"),
        ("IF MEMCMP(ADR(a), ADR(b), 4096) <> 0 THEN EXIT; END_IF", 2 + 4096 // 4, "by bytes of memory"),
    ],
)
def test_that_large_pieces_of_memory_count_as_the_statements_that_they_take_as_long_as(
    body: str, round_: int, words: str
) -> None:
    """Each of them is one statement, and may take as long as thousands."""
    task = TaskSpec("main", "P", 10 * MS, watchdog=20 * round_ + round_ // 2)
    text = {"main.st": MEMORY.format(rounds=20, body=body)}
    compile_st(text, "codesys", tasks=[task]).start().scan(0)
    text = {"main.st": MEMORY.format(rounds=21, body=body)}
    with pytest.raises(PlcError, match=f"watchdog: a scan of task main executes more than .* {words}"):
        compile_st(text, "codesys", tasks=[task]).start().scan(0)
