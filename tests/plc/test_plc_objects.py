"""Methods, properties, actions, inheritance: expected values are worked out by hand from the text."""

from __future__ import annotations

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import compile_st
from commissioning.plc.values.runtime import PlcError

MOVERS = """
INTERFACE I_Move
METHOD Move : INT
VAR_INPUT dist : INT; END_VAR
END_METHOD
PROPERTY Position : INT GET END_GET SET END_SET END_PROPERTY
END_INTERFACE
FUNCTION_BLOCK ABSTRACT FB_Base IMPLEMENTS I_Move
VAR pos : INT := 5; END_VAR
VAR_OUTPUT calls : INT; END_VAR
METHOD Move : INT
VAR_INPUT dist : INT; END_VAR
calls := calls + 1;
pos := pos + THIS^.Scaled(dist);
Move := pos;
END_METHOD
METHOD PROTECTED ABSTRACT Scaled : INT VAR_INPUT x : INT; END_VAR END_METHOD
PROPERTY Position : INT
GET Position := pos; END_GET
SET pos := Position; END_SET
END_PROPERTY
END_FUNCTION_BLOCK
FUNCTION_BLOCK FB_Double EXTENDS FB_Base
VAR n : INT; END_VAR
METHOD PROTECTED Scaled : INT VAR_INPUT x : INT; END_VAR
VAR_INST times : INT; END_VAR
times := times + 1;
Scaled := 2 * x;
END_METHOD
ACTION Reset: pos := 0; n := n + 1; END_ACTION
END_FUNCTION_BLOCK
FUNCTION_BLOCK FB_Triple EXTENDS FB_Double
METHOD Scaled : INT VAR_INPUT x : INT; END_VAR
Scaled := x + SUPER^.Scaled(x);
END_METHOD
METHOD Both VAR_INPUT a : INT; END_VAR VAR_OUTPUT lo, hi : INT; END_VAR
VAR t : FB_Double; END_VAR
lo := a - 1; hi := a + t.Move(1);
END_METHOD
n := n + 100;
END_FUNCTION_BLOCK
FUNCTION Use : INT
VAR_IN_OUT b : FB_Base; END_VAR
Use := b.Move(10);
END_FUNCTION
"""
MAIN = """
PROGRAM MAIN
VAR d : FB_Double; t : FB_Triple; r1, r2, r3, r4, lo, hi, p : INT; END_VAR
r1 := d.Move(1);
r2 := t.Move(dist := 1);
r3 := Use(d);
r4 := Use(t);
d.Reset();
d.Position := 42;
p := d.Position + t.Position;
t();
t.Both(10, lo => lo, hi => hi);
END_PROGRAM
"""


def problems(text: str) -> str:
    with pytest.raises(Problems) as caught:
        compile_st(text)
    return str(caught.value)


def test_that_the_class_of_an_instance_decides_which_method_is_called() -> None:
    plc = compile_st(MOVERS + MAIN).start()
    plc.run()
    assert [plc[f"MAIN.{name}"] for name in ("r1", "r2", "r3", "r4")] == [5 + 2, 5 + 3, 7 + 20, 8 + 30]


def test_that_actions_properties_and_bodies_work_on_the_instance() -> None:
    plc = compile_st(MOVERS + MAIN).start()
    plc.run()
    assert (plc["MAIN.d.pos"], plc["MAIN.d.n"], plc["MAIN.p"]) == (42, 1, 42 + 38)
    assert (plc["MAIN.t.n"], plc["MAIN.t.calls"]) == (100, 2)


def test_that_a_block_declared_in_a_method_is_new_in_each_call() -> None:
    plc = compile_st(MOVERS + MAIN).start()
    plc.run(3)
    assert (plc["MAIN.lo"], plc["MAIN.hi"]) == (9, 10 + 5 + 2)


def test_that_var_inst_is_kept_in_the_instance_and_goes_into_a_snapshot() -> None:
    program = compile_st(MOVERS + MAIN)
    plc = program.start()
    plc.run(2)
    assert plc["MAIN.t.Scaled.times"] == 4  # two calls of Scaled per scan, each through SUPER^
    other = program.start()
    other.restore(plc.snapshot())
    other.run()
    plc.run()
    assert other.snapshot() == plc.snapshot()


def test_that_a_derived_block_has_the_cells_of_what_it_extends_first() -> None:
    text = """
    FUNCTION_BLOCK A VAR_INPUT i : INT; END_VAR VAR_OUTPUT o : INT; END_VAR o := i + 1; END_FUNCTION_BLOCK
    FUNCTION_BLOCK B EXTENDS A VAR_OUTPUT p : INT; END_VAR SUPER^(); p := o * 10; END_FUNCTION_BLOCK
    PROGRAM MAIN VAR b : B; x : INT; END_VAR b(i := 4, p => x); END_PROGRAM
    """
    plc = compile_st(text).start()
    plc.run()
    assert (plc["MAIN.x"], plc["MAIN.b.o"]) == (50, 5)


def test_that_a_block_given_to_a_function_is_the_block_itself() -> None:
    text = """
    FUNCTION_BLOCK C VAR_INPUT a : INT; END_VAR VAR_OUTPUT n : INT; END_VAR n := n + a; END_FUNCTION_BLOCK
    FUNCTION F : INT VAR_IN_OUT c : C; END_VAR c(a := 3); F := c.n; END_FUNCTION
    PROGRAM MAIN VAR pad : INT; c : C; x : INT; END_VAR x := F(c); END_PROGRAM
    """
    plc = compile_st(text).start()
    plc.run(2)
    assert (plc["MAIN.x"], plc["MAIN.c.n"]) == (6, 6)


def test_that_methods_that_call_each_other_for_ever_stop_the_plc() -> None:
    text = """
    FUNCTION_BLOCK R
    METHOD Down : DINT VAR_INPUT n : DINT; END_VAR
    IF n > 0 THEN Down := n + THIS^.Down(n - 1); END_IF
    END_METHOD
    END_FUNCTION_BLOCK
    PROGRAM MAIN VAR r : R; n : DINT := 50; x : DINT; END_VAR x := r.Down(n); END_PROGRAM
    """
    plc = compile_st(text).start()
    plc.run()
    assert plc["MAIN.x"] == 50 * 51 // 2
    plc["MAIN.n"] = 100_000
    with pytest.raises(PlcError, match=r"more than 100 times: R\.Down -> R\.Down") as caught:
        plc.run()
    assert caught.value.line == 4  # the call


def test_that_calls_in_a_circle_are_told_with_all_who_take_part() -> None:
    text = """
    FUNCTION_BLOCK R VAR_IN_OUT depth : DINT; END_VAR
    METHOD One : DINT
    One := THIS^.Two() + 1;
    END_METHOD
    METHOD Two : DINT
    depth := depth + 1;
    Two := THIS^.One();
    END_METHOD
    METHOD Start : DINT
    Start := One();
    END_METHOD
    END_FUNCTION_BLOCK
    PROGRAM MAIN VAR r : R; n : DINT; x : DINT; END_VAR r(depth := n); x := r.Start(); END_PROGRAM
    """.replace("VAR_IN_OUT depth : DINT; END_VAR", "VAR_INPUT depth : DINT; END_VAR")
    plc = compile_st(text).start()
    with pytest.raises(PlcError) as caught:
        plc.run()
    shown = str(caught.value)
    assert "R.One -> R.Two -> R.One" in shown or "R.Two -> R.One -> R.Two" in shown
    assert caught.value.line in (4, 8)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (("METHOD PROTECTED Scaled", "METHOD Scale"), "has no METHOD Scaled, which is ABSTRACT in FB_Base"),
        (("SET pos := Position; END_SET", ""), "implements I_Move and has no SET of PROPERTY Position"),
        (("r1 := d.Move(1);", "r1 := d.Jump(1);"), "FB_Double has no method Jump"),
        (("r1 := d.Move(1);", "r1 := d.Scaled(1);"), "Scaled is PROTECTED in FB_Double"),
        (("d : FB_Double;", "d : FB_Base;"), "FB_Base is ABSTRACT, there is no instance of it"),
        (("EXTENDS FB_Base", "EXTENDS FB_Bose"), "there is no function block FB_Bose to extend"),
        (("IMPLEMENTS I_Move", "IMPLEMENTS I_Mofe"), "there is no interface I_Mofe"),
        (("FB_Base IMPLEMENTS", "FB_Base EXTENDS FB_Triple IMPLEMENTS"), "extends itself"),
        (("x : INT; END_VAR\nScaled := x +", "y : INT; END_VAR\nScaled := y +"), "has other parameters than"),
        (("FUNCTION Use", "METHOD Loose END_METHOD\nFUNCTION Use"), None),
        (("Use := b", "METHOD M END_METHOD Use := b"), "a function has no METHOD"),
        (("d.Position := 42;", "d.calls := 42;"), "is an output of the block"),
        (("r1 := d.Move(1);", "r1 := THIS^.Move(1);"), "MAIN has no method Move"),
        (("r1 := d.Move(1);", "SUPER^.Move(1);"), "MAIN extends nothing"),
    ],
)  # fmt: skip
def test_that_what_is_wrong_with_a_class_is_said(change: tuple[str, str], what: str | None) -> None:
    text = MOVERS + MAIN
    assert change[0] in text
    text = text.replace(*change, 1)
    if what is None:
        compile_st(text).start().run()
    else:
        assert what in problems(text)


def test_that_an_action_is_called_with_the_parameters_of_its_block() -> None:
    text = """
    FUNCTION_BLOCK Table
    VAR_INPUT key, value : INT; END_VAR VAR_OUTPUT ok : BOOL; found : INT; END_VAR
    VAR cells : ARRAY[0..3] OF INT; END_VAR
    ACTION Add: ok := key >= 0 AND key <= 3; IF ok THEN cells[key] := value; END_IF END_ACTION
    ACTION Get: found := cells[key]; END_ACTION
    Add(key := 3, value := 33);
    END_FUNCTION_BLOCK
    PROGRAM MAIN VAR t : Table; ok, bad : BOOL; x, y : INT; END_VAR
    t.Add(key := 2, value := 20, ok => ok); t.Add(key := 9, ok => bad);
    t.Get(key := 2, found => x); t(); t.Get(key := 3, found => y);
    END_PROGRAM
    """
    plc = compile_st(text).start()
    plc.run()
    assert [plc[f"MAIN.{name}"] for name in ("ok", "bad", "x", "y")] == [True, False, 20, 33]
    assert "Table has no input kea" in problems(text.replace("t.Get(key := 2", "t.Get(kea := 2"))


def test_that_an_accessor_may_begin_with_a_comment() -> None:
    block = """FUNCTION_BLOCK Lamp
    VAR on : BOOL; END_VAR
    PROPERTY Lit : BOOL
    GET (* whether it shines *) Lit := on; END_GET
    SET(* the same *) on := Lit; END_SET
    END_PROPERTY
    METHOD Get : BOOL Get := on; END_METHOD
    END_FUNCTION_BLOCK
    PROGRAM MAIN VAR lamp : Lamp; seen, again : BOOL; END_VAR
    lamp.Lit := TRUE; seen := lamp.Lit; again := lamp.Get();
    END_PROGRAM"""
    plc = compile_st(block, "codesys").start()
    plc.run(scans=1)
    assert (plc["MAIN.seen"], plc["MAIN.again"]) == (True, True)
