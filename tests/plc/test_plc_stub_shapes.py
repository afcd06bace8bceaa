"""What stubs look like where a program compares them, keeps them as interfaces, or extends them."""

from __future__ import annotations

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import PlcError, Program, compile_st
from commissioning.plc.stubs.collected import STUB_FILE


def stubbed(text: str, dialect: str = "twincat") -> Program:
    """`text` with stubs, in which no statement has to stop because the uses of a stub disagree."""
    if "PROGRAM" not in text:
        text += "\nPROGRAM MAIN END_PROGRAM"
    found = compile_st({"m.st": text}, dialect, stubs=True)
    assert [str(n) for n in found.notices if "only stubs declare" in n.what] == []
    return found


def words_of(program: Program) -> str:
    return " ".join(program.stubs[STUB_FILE].split())


def test_that_a_declared_variable_of_an_unknown_type_is_no_member_of_the_stub_that_is_extended() -> None:
    found = stubbed("""
        FUNCTION_BLOCK List EXTENDS Base
        VAR items : ARRAY[1..Par.MAX_ITEMS] OF I_Item; END_VAR
        METHOD Has : BOOL VAR_INPUT item : I_Item; END_VAR Has := THIS^.items[1] = item; END_METHOD
        END_FUNCTION_BLOCK""")
    assert "items" not in words_of(found)
    assert "MAX_ITEMS : DINT := 10;" in found.stubs["stubs/Par.st"]  # a list of constants, no enumeration


def test_that_the_bound_of_an_array_in_a_block_that_extends_a_stub_is_a_global_constant() -> None:
    found = stubbed("""
        FUNCTION_BLOCK Scan EXTENDS Base
        VAR states : ARRAY[0..EC_MAX] OF ST_State; f : FB_Read; i : INT; END_VAR
        f(p := ADR(states), n := SIZEOF(states));
        IF states[i].code <> 8 THEN i := 3; END_IF
        END_FUNCTION_BLOCK""")
    assert "VAR_GLOBAL CONSTANT EC_MAX : DINT := 10; END_VAR" in words_of(found)
    assert "TYPE ST_State : STRUCT code : DINT;" in words_of(found)
    assert "p : POINTER TO ARRAY[0..10] OF ST_State;" in words_of(found)


@pytest.mark.parametrize("condition", ["peer = 0", "THIS^.peer <> 0", "peers[1] = 0"])
def test_that_an_unknown_thing_that_is_called_and_compared_with_0_is_an_interface(condition: str) -> None:
    name = "peers[1]" if "peers" in condition else "peer"
    found = stubbed(f"""
        FUNCTION_BLOCK One EXTENDS Base
        IF {condition} THEN RETURN; END_IF
        {name}.MoveNext();
        END_FUNCTION_BLOCK""")
    assert "METHOD MoveNext END_METHOD END_INTERFACE" in words_of(found)


def test_that_what_only_its_like_is_compared_with_is_a_number() -> None:
    found = stubbed("""
        FUNCTION_BLOCK One
        VAR item : I_Item; END_VAR
        METHOD Same : BOOL VAR_INPUT id : T_ID; END_VAR Same := item.ID = id; END_METHOD
        END_FUNCTION_BLOCK""")
    assert "TYPE T_ID : DINT; END_TYPE" in words_of(found)


def test_that_a_variable_of_an_unknown_type_that_an_interface_keeps_is_a_block() -> None:
    found = stubbed("""
        FUNCTION_BLOCK One
        VAR control : ModeControl; mode : I_Mode := control; END_VAR
        END_FUNCTION_BLOCK""")
    assert "FUNCTION_BLOCK ModeControl IMPLEMENTS I_Mode" in words_of(found)


OWED = """
INTERFACE I_Task
METHOD Start : BOOL VAR_INPUT speed : REAL; END_VAR END_METHOD
PROPERTY Busy : BOOL GET END_GET END_PROPERTY
PROPERTY Level : INT GET END_GET SET END_SET END_PROPERTY
END_INTERFACE
PROGRAM MAIN
VAR any : I_Task; task : LibTask; q : BOOL; n : INT; END_VAR
any := task;
n := 1;
q := any.Busy;
n := 2;
END_PROGRAM
"""


def test_that_a_stub_has_what_an_interface_of_the_program_asks_for_and_stops_where_that_is_reached() -> None:
    found = stubbed(OWED)
    words = words_of(found)
    assert "FUNCTION_BLOCK LibTask IMPLEMENTS I_Task METHOD Start : BOOL VAR_INPUT speed : REAL;" in words
    assert "PROPERTY Busy : BOOL GET STUB(); END_GET END_PROPERTY" in words
    assert "PROPERTY Level : INT GET STUB(); END_GET SET STUB(); END_SET END_PROPERTY" in words
    plc = found.start()
    with pytest.raises(PlcError, match="stub") as caught:
        plc.scan(0)
    assert (caught.value.file, caught.value.line) == ("m.st", 11)
    assert plc["MAIN.n"] == 1


def test_that_what_is_given_to_a_stub_that_an_interface_asks_for_is_what_the_interface_takes() -> None:
    text = OWED.replace("n := 2;", "task.Level := 3; q := task.Start(1);")
    assert "METHOD Start : BOOL VAR_INPUT speed : REAL;" in words_of(stubbed(text))


def test_that_what_an_interface_lacks_is_looked_for_in_the_stub_that_it_extends() -> None:
    found = stubbed("""
        INTERFACE I_Task EXTENDS I_Object
        METHOD Abort END_METHOD
        END_INTERFACE
        FUNCTION_BLOCK One
        VAR task : I_Task; id : ULINT; END_VAR
        task.Invoke(); id := task.Identity; task.Abort();
        END_FUNCTION_BLOCK""")
    assert "INTERFACE I_Object METHOD Invoke END_METHOD PROPERTY Identity : ULINT" in words_of(found)


def test_that_what_isvalidref_asks_for_is_a_reference() -> None:
    found = stubbed("""
        FUNCTION_BLOCK One EXTENDS Base
        IF __ISVALIDREF(THIS^.target) THEN THIS^.target := FALSE; END_IF
        END_FUNCTION_BLOCK""")
    assert "target : REFERENCE TO BOOL;" in words_of(found)


def test_that_the_name_of_a_type_of_the_program_is_no_unknown_variable() -> None:
    text = """
        TYPE E_Level : (low, high); END_TYPE
        FUNCTION_BLOCK One VAR task : LibTask; END_VAR task.Level := E_Level.high; END_FUNCTION_BLOCK"""
    assert "VAR_GLOBAL" not in words_of(stubbed(text))
    with pytest.raises(Problems, match="E_Level is a type, not a variable"):
        compile_st(
            "TYPE E_Level : (low, high); END_TYPE PROGRAM MAIN VAR n : INT; END_VAR n := E_Level; END_PROGRAM"
        )


def test_that_an_interface_without_such_a_member_is_told_by_its_name() -> None:
    text = """
        INTERFACE I_Task PROPERTY Identity : ULINT GET END_GET END_PROPERTY END_INTERFACE
        PROGRAM MAIN VAR task : I_Task; id : ULINT; END_VAR id := task.Identiti; END_PROGRAM"""
    with pytest.raises(Problems, match=r"I_Task has no Identiti\. Did you mean Identity"):
        compile_st(text, "twincat")


def test_that_anytype_is_what_an_any_is_kept_in() -> None:
    program = compile_st(
        """
        FUNCTION_BLOCK Keep
        VAR kept : ANYTYPE; END_VAR VAR_OUTPUT size : DINT; END_VAR
        METHOD Take VAR_INPUT x : ANY; END_VAR kept := x; size := kept.diSize; END_METHOD
        END_FUNCTION_BLOCK
        PROGRAM MAIN VAR k : Keep; d : LREAL; n : DINT; END_VAR k.Take(d); n := k.size; END_PROGRAM""",
        "twincat",
    )
    plc = program.start()
    plc.scan(0)
    assert plc["MAIN.n"] == 8


_TASK = """
    INTERFACE I_Task PROPERTY Number : DINT GET END_GET END_PROPERTY METHOD Go : BOOL END_METHOD END_INTERFACE
    FUNCTION Keep : BOOL VAR_INPUT it : I_Task; END_VAR Keep := it.Number > 3 AND it.Go(); END_FUNCTION
    """


def test_that_the_stub_that_a_block_extends_implements_what_the_block_is_given_for() -> None:
    found = stubbed(
        f"{_TASK} FUNCTION_BLOCK Move EXTENDS Base END_FUNCTION_BLOCK"
        " PROGRAM MAIN VAR m : Move; ok : BOOL; END_VAR ok := Keep(m); END_PROGRAM"
    )
    assert "FUNCTION_BLOCK Base IMPLEMENTS I_Task" in words_of(found)


def test_that_an_unknown_interface_extends_what_its_blocks_are_given_for() -> None:
    found = stubbed(f"""{_TASK}
        FUNCTION_BLOCK Move IMPLEMENTS I_Moving
        METHOD Go : BOOL Go := TRUE; END_METHOD
        PROPERTY Number : DINT GET Number := 4; END_GET END_PROPERTY
        END_FUNCTION_BLOCK
        PROGRAM MAIN VAR m : Move; face : I_Moving; a, b, c : BOOL; END_VAR
        face := m; b := face.Go(); a := Keep(m); c := Keep(face);
        END_PROGRAM""")
    assert "INTERFACE I_Moving EXTENDS I_Task END_INTERFACE" in words_of(found)
    plc = found.start()
    plc.scan(0)
    assert plc["MAIN.a"] is True
    assert plc["MAIN.c"] is True


def test_that_an_interface_of_the_program_does_not_come_to_extend_itself() -> None:
    text = """
        INTERFACE I_Task EXTENDS I_Lib END_INTERFACE
        FUNCTION Keep : BOOL VAR_INPUT it : I_Task; END_VAR Keep := it <> 0; END_FUNCTION
        FUNCTION_BLOCK Move IMPLEMENTS I_Lib END_FUNCTION_BLOCK
        PROGRAM MAIN VAR m : Move; ok : BOOL; END_VAR ok := Keep(m); END_PROGRAM"""
    with pytest.raises(Problems, match="Move does not implement I_Task") as raised:
        compile_st({"m.st": text}, "twincat", stubs=True)
    assert len(raised.value.problems) == 1


def test_that_the_stub_that_a_block_extends_takes_what_is_given_to_fb_init() -> None:
    found = stubbed("""
        FUNCTION_BLOCK Move EXTENDS Base VAR n : INT; END_VAR END_FUNCTION_BLOCK
        FUNCTION_BLOCK Fast EXTENDS Move END_FUNCTION_BLOCK
        PROGRAM MAIN VAR m : Move(7, name := 'x'); f : Fast(8, 'y'); p : POINTER TO Fast; END_VAR
        p := __NEW(Fast(9, 'z'));
        END_PROGRAM""")
    assert "METHOD FB_init : BOOL" in words_of(found)
    assert words_of(found).count("name : STRING") == 1
    found.start().scan(0)


def test_that_what_is_joined_with_and_is_as_a_literal_says() -> None:
    found = stubbed("""
        VAR_GLOBAL CONSTANT full : ST_Beam := (range := 2#1111_0000, ok := TRUE); END_VAR
        FUNCTION_BLOCK One VAR a, b, c : ST_Beam; x, y : BOOL; END_VAR
        c.range := a.range AND b.range; x := (a.open OR b.wPlan) AND_THEN c.closed; y := a.range = b.range;
        c.wMask := a.wMask AND b.wMask; c.some := a.some OR a.other;
        END_FUNCTION_BLOCK""")
    words = words_of(found)
    assert "range : DINT;" in words
    assert "open : BOOL;" in words
    assert "wPlan : BOOL;" in words
    assert "wMask : WORD;" in words  # by its name
    assert "some : BOOL;" in words


def test_that_the_bounds_of_an_unknown_array_hold_all_constant_indices() -> None:
    found = stubbed("""
        FUNCTION_BLOCK One VAR p : ST_Beam; i : INT; END_VAR p.points[i] := 3; END_FUNCTION_BLOCK
        FUNCTION_BLOCK Two VAR p : ST_Beam; END_VAR p.points[300] := p.points[2]; END_FUNCTION_BLOCK""")
    assert "points : ARRAY[0..300] OF DINT" in words_of(found)


def test_that_what_was_taken_for_a_number_becomes_an_array_where_it_has_an_index() -> None:
    found = stubbed("""
        FUNCTION_BLOCK One VAR f : FB_Req; g : FB_Other; n : INT; END_VAR
        f(p => L.cur); g(p := L.req); g(p := L.cur); L.cur.points := L.req.points;
        FOR n := 1 TO 9 DO L.cur.points[n].ok := FALSE; END_FOR
        END_FUNCTION_BLOCK""")
    assert "points : ARRAY[0..255] OF points_type" in words_of(found)


def test_that_an_unknown_enumeration_begins_where_the_array_does_that_it_is_an_index_of() -> None:
    found = stubbed("""
        PROGRAM MAIN VAR p : E_Place; a : ARRAY[1..3] OF INT := [5, 6, 7]; n : INT; END_VAR
        CASE p OF E_Place.left: n := a[E_Place.left]; E_Place.right: n := 3; END_CASE
        END_PROGRAM""")
    assert "TYPE E_Place : (left := 1, right); END_TYPE" in words_of(found)


def test_that_unknown_constants_are_indices_of_the_array_where_they_stand() -> None:
    found = stubbed("""
        PROGRAM MAIN VAR a : ARRAY[1..3] OF INT := [5, 6, 7]; n, m : INT; END_VAR
        CASE n OF Place.left: n := a[Place.left]; Place.right: n := 3; Place.top: m := a[Place.top]; END_CASE
        END_PROGRAM""")
    assert "left : INT := 1; right : INT := 11; top : INT := 2;" in " ".join(
        " ".join(text.split()) for text in found.stubs.values()
    )


def test_that_fewer_blocks_of_a_stub_may_be_given_arguments_than_an_array_has() -> None:
    found = stubbed("""
        PROGRAM MAIN
        VAR
            one : ARRAY[1..List.MOST] OF Motor[(n := 1), (n := 2)];
            two : ARRAY[1..List.MOST] OF Motor[(n := 1)];
        END_VAR
        END_PROGRAM""")
    found.start().scan(0)


def test_that_a_function_joined_with_and_in_one_place_and_stored_in_others_has_one_type() -> None:
    found = stubbed("""
        PROGRAM p1 VAR a : ST_Beam; END_VAR
        a := G.full; a.range := F_Range(1, 2) AND F_Range(3, 4); END_PROGRAM
        PROGRAM p2 VAR a : ST_Beam; END_VAR a := G.full; a.range := F_Range(1, 2); END_PROGRAM""")
    assert "range : BOOL" in words_of(found)
    assert "FUNCTION F_Range : BOOL" in words_of(found)
    more = "VAR_GLOBAL CONSTANT safe : ST_Beam := (range := 0); END_VAR"
    found = stubbed(f"""{more}
        PROGRAM p1 VAR a : ST_Beam; END_VAR
        a := G.full; a.range := F_Range(1, 2) AND F_Range(3, 4); END_PROGRAM
        PROGRAM p2 VAR a : ST_Beam; END_VAR a := G.full; a.range := F_Range(1, 2); END_PROGRAM""")
    assert "FUNCTION F_Range : DINT" in words_of(found)


def test_that_a_call_of_a_block_gives_inputs_to_the_unknown_base_too() -> None:
    found = stubbed("""
        FUNCTION_BLOCK Power EXTENDS Slits VAR_INPUT x : INT; END_VAR n := x + 1; END_FUNCTION_BLOCK
        FUNCTION_BLOCK More EXTENDS Power VAR_INPUT z : INT; END_VAR SUPER^(x := z, fast := TRUE);
        END_FUNCTION_BLOCK
        PROGRAM MAIN VAR s : Power; m : More; b : ST_Blade; ok : BOOL; END_VAR
        s(top := b, x := 3, fPos := 2.0, ok => ok); m(x := 1, z := 2, fPos := 3, top := b);
        END_PROGRAM""")
    words = words_of(found)
    assert "Slits VAR_INPUT n : INT; fast : BOOL; top : ST_Blade; fPos : LREAL; END_VAR" in words
    assert "VAR_OUTPUT ok : BOOL; END_VAR" in words


def test_that_what_is_learned_in_a_round_counts_for_the_rest_of_the_round() -> None:
    found = stubbed("""
        FUNCTION_BLOCK Drive VAR_IN_OUT Axis : AXIS_REF; END_VAR END_FUNCTION_BLOCK
        FUNCTION_BLOCK One VAR s : ST_Stage; d : Drive; END_VAR d(Axis := s.Axis); END_FUNCTION_BLOCK
        FUNCTION_BLOCK Two VAR s : ST_Stage; m : MC_Set; END_VAR m(Axis := s.Axis); END_FUNCTION_BLOCK
        """)
    assert "FUNCTION_BLOCK MC_Set VAR_INPUT Axis : AXIS_REF;" in words_of(found)


def test_that_an_unknown_block_and_its_unknown_interface_agree_on_what_a_method_takes() -> None:
    found = stubbed("""
        FUNCTION_BLOCK One
        VAR s : I_Stage; END_VAR
        METHOD Take VAR_INPUT st : I_Stage; END_VAR s := st; END_METHOD
        METHOD Go s.Move(Velocity := s.Cmd.fVelocity, Mode := 2); END_METHOD
        END_FUNCTION_BLOCK
        FUNCTION_BLOCK Two VAR f : LREAL; one : One; x : FB_Stage; END_VAR
        IF x.Cmd.fVelocity <> 0.0 THEN f := x.Cmd.fVelocity; END_IF one.Take(x); x.Move(Velocity := f);
        END_FUNCTION_BLOCK""")
    assert "METHOD Move VAR_INPUT Velocity : LREAL; Mode : DINT;" in words_of(found)
