"""What a compiled program tells about itself, and how a host reads, writes and runs it."""

from __future__ import annotations

import pytest

from commissioning.plc import PlcError, TaskSpec, compile_st

MS = 1_000_000
TEXT = """
VAR_GLOBAL
  I_Start AT %IX0.0 : BOOL;   (* start button *)
  Q_Run AT %QX0.0 : BOOL := TRUE; // belt runs
  Speed : REAL := 0.1;
END_VAR
VAR_GLOBAL CONSTANT
  LIMIT_NUMBER : INT := 2 * 8 + 1;
END_VAR
VAR_GLOBAL RETAIN
  Total : UDINT;
END_VAR
PROGRAM MAIN
VAR_EXTERNAL Total : UDINT; END_VAR
VAR
  t1 : TON := (PT := T#250ms);
  local : INT := LIMIT_NUMBER; (* not
                                  used *)
  unread : INT;
END_VAR
t1(IN := GVL.I_Start);
Q_Run := t1.Q AND local > 3;
unread := 1;
Total := Total + 1;
END_PROGRAM
"""


def test_that_variables_are_listed_with_what_a_tag_needs() -> None:
    program = compile_st({"plc/line.st": TEXT})
    names = list(program.variables)
    assert sorted(names) == [
        "I_Start", "LIMIT_NUMBER", "MAIN.local", "MAIN.unread", "Q_Run", "Speed", "Total",
    ]  # fmt: skip
    start, run, total = (program.variables[name] for name in ("i_start", "Q_RUN", "total"))
    assert (start.type, start.address, start.comment, start.initial) == (
        "BOOL",
        "%IX0.0",
        "start button",
        False,
    )
    assert (start.writable_by_program, start.read, start.written) == (False, True, False)
    assert (run.comment, run.initial, run.writable_by_program, run.written) == ("belt runs", True, True, True)
    assert (total.retain, total.type, total.section) == (True, "UDINT", "VAR_GLOBAL")
    assert program.variables["Speed"].initial == pytest.approx(0.1, abs=1e-7)
    assert program.variables["LIMIT_NUMBER"].constant
    assert program.variables["LIMIT_NUMBER"].initial == 17
    local = program.variables["main.LOCAL"]
    assert (local.initial, local.owner, local.file, local.line) == (17, "MAIN", "plc/line.st", 17)
    assert (program.variables["MAIN.unread"].read, program.variables["MAIN.unread"].written) == (False, True)
    assert program.members["MAIN.t1.PT"].initial == 250 * MS
    assert program.statement_count == 4


def test_that_globals_answer_to_the_list_and_the_file_name_too() -> None:
    plc = compile_st({"plc/line.st": TEXT}).start()
    plc["GVL.I_Start"] = True
    assert plc["i_start"] is plc["line.I_START"] is True
    assert "GVL.nothing" not in plc
    assert (
        plc.program.variables["gvl.i_start"].path == plc.program.variables["LINE.I_Start"].path == "I_Start"
    )
    assert "GVL.MAIN.local" not in plc.program.variables
    with pytest.raises(KeyError, match="did you mean I_Start"):
        plc["I_Strat"]


def test_that_the_hash_depends_on_text_files_and_tasks_only() -> None:
    first = compile_st({"a.st": TEXT})
    assert first.hash == compile_st({"a.st": TEXT}).hash
    assert first.hash != compile_st({"a.st": TEXT + " "}).hash
    assert first.hash != compile_st({"b.st": TEXT}).hash
    assert first.hash != compile_st({"a.st": TEXT}, tasks=[TaskSpec("t", "MAIN", 20 * MS)]).hash


def test_that_a_task_declares_cycle_priority_and_programs() -> None:
    text = """
        PROGRAM A VAR n : INT; END_VAR n := n + 1; END_PROGRAM
        PROGRAM B VAR n : INT; END_VAR n := n + 1; END_PROGRAM
        CONFIGURATION plant
          VAR_GLOBAL shared : INT; END_VAR
          RESOURCE cpu ON PLC
            TASK fast(INTERVAL := T#5ms, PRIORITY := 1);
            TASK slow(INTERVAL := T#20ms, PRIORITY := 5);
            PROGRAM one WITH fast : A;
            PROGRAM two WITH slow : A;
            PROGRAM three WITH slow : B;
            PROGRAM four : B;
          END_RESOURCE
        END_CONFIGURATION"""
    program = compile_st(text)
    assert [(t.name, t.cycle_ns // MS, t.priority, t.programs) for t in program.tasks] == [
        ("fast", 5, 1, ("one",)), ("slow", 20, 5, ("two", "three")), ("background", 10, 65535, ("four",)),
    ]  # fmt: skip
    plc = program.start()
    plc.run(scans=9)  # 0, 5 .. 40 ms
    assert plc.now_ns == 40 * MS
    assert [plc[f"{name}.n"] for name in ("one", "two", "three", "four")] == [9, 2, 2, 4]
    assert "shared" in plc


def test_that_tasks_given_by_the_caller_replace_those_of_the_text() -> None:
    text = (
        "PROGRAM A END_PROGRAM CONFIGURATION c TASK t(INTERVAL := T#1ms); PROGRAM p WITH "
        "t : A; END_CONFIGURATION"
    )
    (task,) = compile_st(text, tasks=[TaskSpec("main", "a", 30 * MS, 3)]).tasks
    assert (task.name, task.cycle_ns, task.priority, task.programs) == ("main", 30 * MS, 3, ("A",))


def test_that_reader_and_writer_are_typed_and_fast_ways_to_cells() -> None:
    plc = compile_st(TEXT).start()
    read = plc.reader(["Q_Run", "Total", "Speed"])
    mixed = plc.reader(["MAIN.local", "Q_Run", "MAIN.t1.ET"])
    plc.writer("Total")(7)
    plc.writer("Speed")(2)
    assert read() == (True, 7, 2.0)
    assert isinstance(read()[2], float)
    assert mixed() == (17, True, 0)
    assert plc.reader(["Total"])() == (7,)
    assert plc.reader([])() == ()


@pytest.mark.parametrize(
    ("path", "value", "error"),
    [
        ("I_Start", 1, TypeError), ("I_Start", "TRUE", TypeError), ("Total", True, TypeError),
        ("Total", 1.0, TypeError), ("Total", -1, ValueError), ("Total", 2**32, ValueError),
        ("Speed", True, TypeError), ("Speed", "1", TypeError),
        ("LIMIT_NUMBER", 1, ValueError), ("MAIN.t1.ET", 1, ValueError), ("nothing", 1, KeyError),
    ],
)  # fmt: skip
def test_that_a_value_of_another_type_or_range_is_refused(
    path: str, value: object, error: type[Exception]
) -> None:
    plc = compile_st(TEXT).start()
    with pytest.raises(error):
        plc[path] = value  # type: ignore[assignment]


def test_that_et_of_a_running_timer_is_worked_out_at_the_time_of_the_last_scan() -> None:
    plc = compile_st(TEXT).start()
    plc["I_Start"] = True
    plc.run(scans=4)
    assert (plc.now_ns, plc["MAIN.t1.ET"]) == (30 * MS, 30 * MS)
    plc.scan(1000 * MS)
    assert plc["MAIN.t1.ET"] == 250 * MS


def test_that_run_until_stops_in_virtual_time() -> None:
    plc = compile_st(TEXT).start()
    plc["I_Start"] = True
    plc.run_until(lambda: plc["MAIN.t1.Q"], timeout="4 s")
    assert plc.now_ns == 250 * MS
    with pytest.raises(TimeoutError, match="T#1s"):
        plc.run_until(lambda: not plc["MAIN.t1.Q"], timeout="T#1s")
    assert plc.now_ns == 1250 * MS


def test_that_time_cannot_run_backwards() -> None:
    plc = compile_st(TEXT).start()
    plc.scan(5)
    plc.scan(5)
    with pytest.raises(ValueError, match="backwards"):
        plc.scan(4)


def test_that_two_plcs_of_one_program_share_nothing() -> None:
    program = compile_st(TEXT)
    first, second = program.start(), program.start()
    first.run(scans=3)
    first["I_Start"] = True
    assert (first["Total"], second["Total"], second["I_Start"]) == (3, 0, False)


def test_that_a_plc_error_says_where() -> None:
    plc = compile_st({"x.st": "PROGRAM P VAR a : INT; END_VAR\n\n  a := 1 / a; END_PROGRAM"}).start()
    with pytest.raises(PlcError) as caught:
        plc.scan(0)
    assert str(caught.value) == "x.st:3:3: division by zero"


def test_that_keywords_of_a_configuration_are_names_elsewhere() -> None:
    plc = compile_st(
        "PROGRAM P VAR on, task, resource, with : INT; END_VAR on := task + resource + with + 1; END_PROGRAM"
    ).start()
    plc.scan(0)
    assert plc["P.on"] == 1


NEAR = "PROGRAM MAIN VAR Step, Stop : INT; t : TON; END_VAR Step := 1; END_PROGRAM\n"


@pytest.mark.parametrize("file", ["main.st", "line.st", "plc/machine.st"])
@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("MAIN.Stepp", "MAIN.Step"),
        ("MAN.Step", "MAIN.Step"),
        ("Stepp", "MAIN.Step"),
        ("MAIN.t.QQ", "MAIN.t.Q"),
        ("Coumt", "Count"),
        ("nothing.at.all", ""),
    ],
)
def test_that_a_path_that_is_none_names_the_one_that_was_meant(file: str, written: str, meant: str) -> None:
    program = compile_st({file: NEAR, "gvl.st": "VAR_GLOBAL Count : INT; END_VAR"})
    with pytest.raises(KeyError) as told:
        program.location(written)
    hint = f"; did you mean {meant}" if meant else ""
    assert told.value.args[0] == f"the program has no variable {written}{hint}"
    with pytest.raises(KeyError, match="no variable"):
        program.start()[written]
