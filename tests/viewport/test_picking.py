from __future__ import annotations

import numpy as np

from commissioning.viewport.frame import Frame
from commissioning.viewport.picking import boxes_hit, part_at, rotated


def test_that_a_ray_meets_a_box_where_sampling_finds_it() -> None:
    random = np.random.default_rng(7)
    count = 60
    centres = random.uniform(-3, 3, (count, 3))
    quaternions = random.normal(size=(count, 4))
    quaternions /= np.linalg.norm(quaternions, axis=1, keepdims=True)
    sizes = random.uniform(0.3, 1.5, (count, 3))
    inverse = quaternions * (1, -1, -1, -1)
    steps = np.linspace(0, 14, 2801)
    hits_seen = 0
    for _ in range(8):
        origin = random.uniform(-6, -5, 3)
        target = random.uniform(-1, 1, 3)
        direction = (target - origin) / np.linalg.norm(target - origin)
        found = boxes_hit(origin, direction, centres, quaternions, sizes)
        for n in range(count):
            samples = origin + steps[:, None] * direction - centres[n]
            inside = (np.abs(rotated(np.tile(inverse[n], (len(steps), 1)), samples)) <= sizes[n] / 2).all(
                axis=1
            )
            if inside.any():
                hits_seen += 1
                assert abs(steps[inside][0] - found[n]) < 0.006
            elif np.isfinite(found[n]):  # only grazed between two samples
                near = origin + found[n] * direction - centres[n]
                assert (np.abs(rotated(inverse[n : n + 1], near[None])) <= sizes[n] / 2 + 1e-9).all()
    assert hits_seen > 15


def test_that_the_nearer_of_two_parts_is_picked() -> None:
    frame = Frame(
        ids=np.array([4, 9]),
        products=np.zeros(2, np.int64),
        positions=np.array([[0.0, 2.0, 0.0], [0.0, 1.0, 0.0]]),
        quaternions=np.tile([1.0, 0, 0, 0], (2, 1)),
        sizes=np.full((2, 3), 0.4),
    )
    hit = part_at(frame, np.array([0.0, -3.0, 0.2]), np.array([0.0, 1.0, 0.0]))
    assert hit is not None and hit.id == 9 and abs(hit.distance - 3.8) < 1e-9
    assert part_at(frame, np.array([0.0, -3.0, 0.5]), np.array([0.0, 1.0, 0.0])) is None
