"""Random scenes and random damage: problems with places, never an exception."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scene_fakes import DECLARATIONS, SAMPLE

from commissioning.files.scene_text import load
from commissioning.files.yaml_write import document
from commissioning.model.placement import place
from commissioning.model.reading import PlainSource
from commissioning.model.validate import SECTIONS, build_scene

TREE = load(SAMPLE).tree
_FIELDS = "type pose along at to tags asset device tag bit scale xyz rpy steps length speed every cycle"
_KEYS = [*SECTIONS, *_FIELDS.split(), "format", "name", "run", "product", "failures", "size", "x"]
_WORDS = ["belt", "belt1", "out", "plc", "estop", "BOOL", "3 m", "0 m", "-1 s", "1e300 km", "none", "", "é`"]
numbers = st.integers(-3, 3) | st.sampled_from([2**63, 0.5, -0.0, 1e308])
leaves = st.none() | st.booleans() | numbers | st.sampled_from(_WORDS) | st.text(max_size=4)
keys = st.sampled_from(_KEYS) | st.sampled_from(_WORDS[:6]) | st.text(min_size=1, max_size=4)
junk = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


def _check(tree: Any) -> None:
    """Through the text, so that every problem must have a line."""
    text = load(document(tree, "\n"), "s.yaml")
    scene, problems = build_scene(text, DECLARATIONS)
    assert (scene is None) == bool(problems)
    for problem in problems:
        assert problem.where.line >= 1, problem
        assert problem.where.file == "s.yaml"
        assert problem.what
        assert len(str(problem)) < 2000
    if scene is not None:
        assert len(scene.hash) == 64
        assert place(scene, DECLARATIONS)[1] == ()
    assert build_scene(PlainSource(tree), DECLARATIONS)[0] == scene


@given(junk)
@settings(max_examples=100, deadline=None)
def test_that_any_tree_gives_a_scene_or_problems_with_lines(tree: Any) -> None:
    _check(tree)


@given(st.dictionaries(st.sampled_from([*SECTIONS, "run", "name"]), junk, max_size=5))
@settings(max_examples=100, deadline=None)
def test_that_any_sections_give_a_scene_or_problems_with_lines(tree: Any) -> None:
    _check({"format": "commissioning-scene/1", **tree})


def _paths(tree: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    out = [at] if at else []
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, item in items:
        out += _paths(item, (*at, key))
    return out


ALL_PATHS = _paths(TREE)


@given(st.data())
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_that_a_damaged_scene_gives_problems_with_lines(data: Any) -> None:
    tree = copy.deepcopy(TREE)
    for _ in range(data.draw(st.integers(1, 4))):
        path = data.draw(st.sampled_from(ALL_PATHS))
        container = tree
        for key in path[:-1]:
            container = container[key] if _has(container, key) else None
        if not _has(container, path[-1]):
            continue
        what = data.draw(st.sampled_from(["delete", "junk", "other", "rename"]))
        if what == "delete":
            del container[path[-1]]
        elif what == "junk":
            container[path[-1]] = data.draw(junk)
        elif what == "other":
            container[path[-1]] = copy.deepcopy(_get(TREE, data.draw(st.sampled_from(ALL_PATHS))))
        elif isinstance(container, dict):
            container[data.draw(keys)] = container.pop(path[-1])
    _check(tree)


def _has(container: Any, key: Any) -> bool:
    if isinstance(container, dict):
        return key in container
    return isinstance(container, list) and isinstance(key, int) and key < len(container)


def _get(tree: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        tree = tree[key]
    return tree


def test_that_every_single_loss_is_survived() -> None:
    for path in ALL_PATHS:
        for loss in (True, False):
            tree = copy.deepcopy(TREE)
            container = _get(tree, path[:-1])
            if loss:
                del container[path[-1]]
            else:
                container[path[-1]] = None
            scene, problems = build_scene(PlainSource(tree), DECLARATIONS)
            assert (scene is None) == bool(problems)
