from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scene_fakes import SAMPLE

from commissioning.files.scene_text import MAX_BYTES, load
from commissioning.files.yaml_write import flow, key_text
from commissioning.model.problem import Problems


def test_that_an_unchanged_scene_keeps_every_byte() -> None:
    windows, no_end = SAMPLE.replace("\n", "\r\n"), SAMPLE.rstrip("\n")
    for text in (SAMPLE, windows, "\ufeff" + SAMPLE, no_end, "", "# only\n"):
        assert load(text).dump() == text
        assert load(text.encode()).dump() == text


def test_that_scalars_follow_yaml_1_2() -> None:
    text = "a: [on, yes, off, NO, 12:30, 0o14, 0x1F, 012, 1e3, .5, ~, null, True, '1', 1_000, 2001-01-01]"
    expected = ["on", "yes", "off", "NO", "12:30", 12, 31, 12, 1000.0, 0.5, None, None, True, "1", "1_000"]
    tree = load(text).tree
    assert tree == {"a": [*expected, "2001-01-01"]}
    assert [type(item) for item in tree["a"][5:10]] == [int, int, int, float, float]
    assert load("on: 1\ntrue: 2\n3: 4").tree == {"on": 1, "true": 2, "3": 4}


def test_that_every_value_and_key_has_its_place() -> None:
    text = load("# c\ndevices:\n  b1:   {type: belt,\n    at: [1, 2]}\n  b2:\n  b3: 1\n", "s.yaml")
    assert str(text.place(("devices", "b1", "type"))) == "s.yaml:3:16 devices.b1.type"
    assert str(text.place(("devices", "b1", "type"), key=True)) == "s.yaml:3:10 devices.b1.type"
    assert str(text.place(("devices", "b1", "at", 1))) == "s.yaml:4:13 devices.b1.at[1]"
    # an empty value stands behind its colon, not at the next key
    assert (text.place(("devices", "b2")).line, text.place(("devices", "b2")).column) == (5, 6)
    # what is missing has the place of what should have it
    assert str(text.place(("devices", "b3", "speed"))) == "s.yaml:6:3 devices.b3.speed"


def test_that_tabs_separate_but_never_indent() -> None:
    assert load("a:\t1\t# c\n\t# c\nb: {\tx:\t1 }\n\t\nc: 2\n").tree == {"a": 1, "b": {"x": 1}, "c": 2}
    for text in ("a:\n\tb: 1\n", "a:\n\t- 1\n", "-\t- 1\n", "- \ta: 1\n", "a:\n  b: 1\n\tc: 2\n"):
        assert "no YAML" in str(load(text).problems[0]), text
    assert "spaces, not by tabs" in str(load("a:\n\tb: 1\n").problems[0])


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, 1, "twice, first in line 1"),
        ("x:\n  - {k: 1, k: 2}\n", 2, 12, "twice"),
        ("a: !!python/object/apply:os.system [echo]\n", 1, 4, "tags"),
        ("a: !local 1\n", 1, 4, "tags"),
        ("!!map {a: 1}\n", 1, 1, "tags"),
        ("a: &x 1\n", 1, 4, "anchors"),
        ("a: 1\nb: *x\n", 2, 4, "aliases"),
        ("a: [1,\n", 2, 1, "no YAML"),
        ("a: 'x\n", 2, 1, "no YAML"),
        ("a:\n\t- x\n", 2, 2, "no YAML"),
        ("? [a]\n: 1\n", 1, 3, "name must be text"),
        (": 1\n", 1, 1, "without a name"),
        ('a: "\\UFFFFFFFF"\n', 1, 1, "no YAML"),
        ('a: "\\ud800"\n', 1, 4, "surrogate"),
        ("a: 1\nb: \x01\n", 2, 4, "U+0001"),
        ("---\na: 1\n---\nb: 2\n", 3, 1, "second"),
        ("%YAML 1.1\n---\na: on\n", 2, 1, "1.2"),
        ("a: .inf\n", 1, 4, "not a number"),
        ("a: 1e999\n", 1, 4, "larger"),
        ("a: " + "9" * 6000 + "\n", 1, 4, "larger"),
        ("[" * 100_000, 1, 51, "deep"),
        ("x: " + "{a: " * 100_000, 1, 200, "deep"),
        ("- " * 60 + "1\n", 1, 101, "deep"),
    ],
)
def test_that_bad_text_is_a_problem_with_its_place(text: str, line: int, column: int, words: str) -> None:
    loaded = load(text, "s.yaml")
    problem = loaded.problems[0]
    assert words in problem.what
    assert (problem.where.file, problem.where.line, problem.where.column) == ("s.yaml", line, column)
    assert loaded.dump() == text
    with pytest.raises(Problems):
        loaded.set(("z",), 1)


def test_that_all_problems_of_a_text_come_at_once() -> None:
    text = load("a: &x 1\na: 2\nb: !t {c: *x, d: .nan}\n")
    assert [problem.where.line for problem in text.problems] == [1, 2, 3, 3, 3]


def test_that_an_alias_bomb_costs_its_length_only() -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(
        f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}, *a{n - 1}]\n" for n in range(1, 40)
    )
    text = load(bomb)
    assert len(text.problems) == 40 + 4 * 39
    assert text.tree["a39"] == [None] * 4


def test_that_what_is_no_utf_8_or_too_large_is_a_problem() -> None:
    problem = load(b"a: 1\nb: caf\xe9\n", "s.yaml").problems[0]
    assert (problem.where.line, problem.where.column) == (2, 7)
    assert "UTF-8" in str(problem)
    assert "8 MB" in str(load("#" * (MAX_BYTES + 1)).problems[0])
    assert not load("#" * MAX_BYTES).problems


def test_that_a_set_value_changes_its_own_characters_only() -> None:
    text = load(SAMPLE)
    changed = text.set(("devices", "belt1", "speed"), "0.5 m/s")
    assert changed.dump() == SAMPLE.replace("speed: 0.4 m/s\n", "speed: 0.5 m/s\n")
    changed = text.set(("devices", "pack", "cycle", "normal", "sd"), "1 s")
    assert changed.dump() == SAMPLE.replace("sd: 0.5 s", "sd: 1 s")
    # a whole mapping is merged key by key
    record = {**text.tree["devices"]["belt1"], "speed": "0.5 m/s", "note": 1}
    changed = text.set(("devices", "belt1"), record)
    expected = SAMPLE.replace("speed: 0.4 m/s\n", "speed: 0.5 m/s\n")
    assert changed.dump() == expected.replace("{run: Q_Belt1_Run}\n", "{run: Q_Belt1_Run}\n    note: 1\n")


def test_that_what_is_added_stands_behind_its_siblings() -> None:
    text = load("a: {x: 1} # c\nb:\n  c: 1 # d\n\n# end\nl:\n- 1 # one\n")
    added = text.set(("b", "e"), "t: x").dump()
    assert added == 'a: {x: 1} # c\nb:\n  c: 1 # d\n  e: "t: x"\n\n# end\nl:\n- 1 # one\n'
    assert "a: {x: 1, y: [1, 2.5]} # c\n" in text.set(("a", "y"), [1, 2.5]).dump()
    assert text.set(("l", 1), True).dump().endswith("l:\n- 1 # one\n- true\n")
    assert text.set(("new", "deep"), 1).dump().endswith("- 1 # one\nnew: {deep: 1}\n")


def test_that_a_deleted_entry_takes_its_line_and_no_other() -> None:
    text = load("a: {x: 1, y: 2} # c\nb:\n  # about c\n  c: 1 # d\n  e:\n    f: 1\n  g: 2\nl: [1, 2]\n")
    assert text.delete(("b", "e")).dump() == text.dump().replace("  e:\n    f: 1\n", "")
    assert text.delete(("b", "c")).dump() == text.dump().replace("  c: 1 # d\n", "")
    assert text.delete(("a", "x")).dump() == text.dump().replace("x: 1, ", "")
    assert text.delete(("a", "y")).dump() == text.dump().replace(", y: 2", "")
    assert text.delete(("l", 0)).dump() == text.dump().replace("[1, 2]", "[2]")
    with pytest.raises(KeyError):
        text.delete(("b", "z"))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**64, "\ud800", {"": 1}, object(), {1, 2}])
def test_that_what_a_scene_cannot_hold_is_refused(value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        load("a: 1\n").set(("a",), [value])


def test_that_a_path_that_cannot_be_is_refused() -> None:
    for path in (("a", "b"), ("l", 3), ("l", "x"), (0,)):
        with pytest.raises(KeyError):
            load("a: 1\nl: [1]\n").set(path, 1)


def test_that_windows_line_ends_stay() -> None:
    text = load("a: 1\r\nb:\r\n  c: 2\r\n")
    assert text.set(("b", "d"), 3).dump() == "a: 1\r\nb:\r\n  c: 2\r\n  d: 3\r\n"
    assert text.delete(("b", "c")).tree == {"a": 1, "b": {}}


words = st.text("abcXYZ_ 019.:-#,[]{}'\"&*!|>%@`\\/\n\t\u00e9\u2028\U0001f600\x7f~", max_size=10)
tricky = ["3 m", "on", "null", "true", "1e3", "0x1F", "-", "---", "? a", "=", "<<", ".5", "a #b", "a: b"]
numbers = st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | words | st.sampled_from(tricky)
keys = st.text("abcdefgh_", min_size=1, max_size=4) | words.filter(bool)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=10,
)


def _block(value: Any, indent: int, draw: Any) -> str:
    """A value as text in one of the many ways that people write, with comments."""
    pad = " " * indent
    comment = draw(st.sampled_from(["", "  # c", "\t# ] }", "   "]))
    above = draw(st.sampled_from(["", "", "\n", f"{pad}# above: x\n", "#x\n"]))
    if isinstance(value, dict) and value and draw(st.booleans()):
        deeper = indent + draw(st.integers(1, 4))
        inner = "".join(
            " " * deeper + key_text(key) + ":" + _block(item, deeper, draw) for key, item in value.items()
        )
        return f"{comment}\n{inner}{above}"
    if isinstance(value, list) and value and draw(st.booleans()):
        deeper = indent + draw(st.integers(1, 3))
        inner = "".join(" " * deeper + "-" + _block(item, deeper, draw) for item in value)
        return f"{comment}\n{inner}{above}"
    gap = " " * draw(st.integers(1, 4))
    return f"{gap}{flow(value)}{comment}\n{above}"


@st.composite
def scenes(draw: Any) -> tuple[dict[str, str], dict[str, Any]]:
    """Text of every top-level entry, and the tree of them all."""
    tree = draw(st.dictionaries(keys, values, min_size=1, max_size=4))
    return {key: key_text(key) + ":" + _block(item, 0, draw) for key, item in tree.items()}, tree


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, dict) and isinstance(b, dict):
        return set(a) == set(b) and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_same, a, b))
    return type(a) is type(b) and a == b


@given(values | st.text(max_size=20), st.text(min_size=1, max_size=8))
@settings(max_examples=300)
def test_that_every_value_is_written_as_text_that_reads_back(value: Any, key: str) -> None:
    for text in (f"{key_text(key)}: {flow(value)}\n", f"{{{key_text(key)}: {flow(value)}}}\n"):
        loaded = load(text)
        assert not loaded.problems, text
        assert _same(loaded.tree, {key: value})


@given(scenes())
def test_that_generated_scenes_read_as_their_tree_and_dump_as_their_text(scene: Any) -> None:
    text, tree = "".join(scene[0].values()), scene[1]
    loaded = load(text)
    assert not loaded.problems
    assert _same(loaded.tree, tree)
    assert loaded.dump() == text


def _paths(tree: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    out = [at] if at else []
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, item in items:
        out += _paths(item, (*at, key))
    return out


def _copy(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _copy(item) for key, item in tree.items()}
    return [_copy(item) for item in tree] if isinstance(tree, list) else tree


@given(scenes(), st.data())
@settings(max_examples=200, deadline=None)
def test_that_an_edit_gives_the_edited_tree_and_leaves_other_entries_alone(scene: Any, data: Any) -> None:
    chunks, tree = scene
    text = load("".join(chunks.values()))
    path = data.draw(st.sampled_from(_paths(tree)))
    wanted = _copy(tree)
    if data.draw(st.booleans()):
        del _parent(wanted, path)[path[-1]]
        edited = text.delete(path)
    else:
        value = data.draw(values)
        if isinstance(_parent(wanted, path)[path[-1]], dict) and data.draw(st.booleans()):
            path = (*path, data.draw(keys))
        _parent(wanted, path)[path[-1]] = value
        edited = text.set(path, value)
    assert not edited.problems
    assert _same(edited.tree, wanted)
    for key, chunk in chunks.items():
        if key != path[0]:
            assert chunk in edited.dump()


def _parent(tree: Any, path: tuple[Any, ...]) -> Any:
    for key in path[:-1]:
        tree = tree[key]
    return tree


@given(st.text(max_size=60) | st.text(" \n\t-:?,[]{}#&*!|>'\"%@`ab01~\\xU", max_size=40))
@example("{*0")  # an alias where a key belongs
@example("{*a: 1}")
@settings(max_examples=300)
def test_that_no_text_raises(text: str) -> None:
    loaded = load(text, "s.yaml")
    assert loaded.dump() == text
    assert all(problem.where.line >= 1 for problem in loaded.problems)


@given(st.binary(max_size=60))
def test_that_no_bytes_raise(raw: bytes) -> None:
    assert all(problem.where.line >= 1 for problem in load(raw, "s.yaml").problems)
