"""Articles before the names of types."""

from __future__ import annotations

import pytest

from commissioning.plc.values.wording import with_articles


@pytest.mark.parametrize(
    ("put_together", "said"),
    [
        ("this is a INT", "this is an INT"),
        ("A ARRAY[1..2] OF a INT", "An ARRAY[1..2] OF an INT"),
        ("a ANY_NUM or a ANY", "an ANY_NUM or an ANY"),
        ("a UINT, a BOOL, a INTO, a INTERN", "a UINT, a BOOL, a INTO, a INTERN"),
        ("data INT", "data INT"),
    ],
)
def test_that_a_vowel_takes_an(put_together: str, said: str) -> None:
    assert with_articles(put_together) == said
