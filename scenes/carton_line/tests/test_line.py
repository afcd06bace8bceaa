"""The PLC program and the line in pytest: the fixtures come from the product's own plugin.

commissioning test scenes/carton_line            says which hash allows these files to run
python -m pytest -p commissioning.bench.pytest_plugin scenes/carton_line/tests
"""

import pytest


def test_that_a_tall_carton_is_rejected_once(plc):
    track = plc.fb("FB_Track")
    track(Enter=True, Tall=True)
    track(Enter=False)
    plc.run(scans=3)
    assert track.Count == 1 and not track.Reject
    track(Leave=True)
    assert track.Reject
    plc.run()
    assert not track.Reject


def test_that_a_stopper_that_lets_nothing_by_is_a_jam(plc):
    plc["I_EStop"] = plc["I_Start"] = plc["I_PE4"] = plc["I_Stop1_Up"] = True
    plc.run(scans=2)
    assert plc["MAIN.Step"] == 10 and not plc["Q_Stop1"]
    plc.run_until(lambda: plc["MAIN.Jam"], timeout="T#6s")
    assert plc.now_s == pytest.approx(5.0, abs=0.02)  # ReleaseTime: 5 s from the release on
    assert plc["Q_Red"] and not plc["Q_Belt2_Run"]


@pytest.mark.requirement("FS-1.2")
def test_that_the_emergency_stop_stops_the_belts(line, operator):
    operator.press("start")
    line.advance("20 s")
    assert line.tags["Q_Belt1_Run"].value
    operator.push("estop")
    line.advance("20 ms")
    assert not line.tags["Q_Belt1_Run"].value and not line.tags["Q_Belt2_Run"].value
    assert line.tags["Q_Red"].value
    operator.release("estop")
    line.advance("10 s")
    assert not line.tags["Q_Belt1_Run"].value  # nobody pressed start


def test_that_a_failed_photo_eye_at_the_stopper_holds_the_line(line, operator, faults):
    operator.press("start")
    faults.set("I_PE4", False)
    line.advance("3 min")
    assert line.kpi()["out"].count == 0
    assert line.tags["Q_Yellow"].value  # belt 2 is full
    faults.clear("I_PE4")
    line.advance("1 min")
    assert line.kpi()["out"].count > 0
