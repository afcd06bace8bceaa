"""`S=` and `R=` of CODESYS and TwinCAT: they act where the condition holds, and only there."""

from __future__ import annotations

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import compile_st

TEXT = """
PROGRAM P
VAR set_it, reset_it, lamp : BOOL; n : INT; END_VAR
lamp S= set_it;
lamp R= reset_it;
END_PROGRAM
"""


def test_that_set_and_reset_keep_the_value_while_their_condition_is_false() -> None:
    plc = compile_st(TEXT).start()
    seen = []
    for setting, resetting in ((False, False), (True, False), (False, False), (True, True), (False, False)):
        plc["P.set_it"], plc["P.reset_it"] = setting, resetting
        plc.run()
        seen.append(plc["P.lamp"])
    assert seen == [False, True, True, False, False]


@pytest.mark.parametrize("statement", ["n S= set_it;", "lamp R= n;"])
def test_that_only_a_bool_is_set_and_only_by_a_bool(statement: str) -> None:
    with pytest.raises(Problems, match="BOOL"):
        compile_st(TEXT.replace("lamp S= set_it;", statement))
