"""The journal: numbering, chunks, digest, reading while it is written."""

from __future__ import annotations

import hashlib
import json
import struct
from threading import Thread

import numpy as np
import pytest

from commissioning.sim.journal import Journal
from commissioning.sim.kernel import Kernel

HEADER = {"core": {"format": "x", "seed": 1, "ä": [1, 2.5]}, "look": {"not": "in the digest"}}


def filled(count: int) -> Journal:
    kernel = Kernel()
    journal = Journal(kernel, HEADER)
    for i in range(count):
        kernel._now = i * 10
        kernel.cause = i
        text = journal.text(f"t{i}") if i % 1000 == 0 else 0
        assert journal.add(1 + i % 14, i % 5, i % 70000, i / 3, -i, text, float("inf")) == i + 1
    return journal


def digest_by_hand(count: int) -> str:
    """Straight from the decision record, with nothing but hashlib, json and struct."""
    core = json.dumps(HEADER["core"], sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    link = hashlib.sha256(core).digest()
    texts: list[str] = []
    new: list[str] = []
    rows = b""
    for i in range(count):
        number = 0
        if i % 1000 == 0:
            number = len(texts)
            texts.append(f"t{i}")
            new.append(f"t{i}")
        rows += struct.pack(
            "<qHHIq4d", i * 10, 1 + i % 14, i % 5, i % 70000, i, i / 3, -i, number, float("inf")
        )
        if (i + 1) % 4096 == 0:
            link = hashlib.sha256(link + rows + json.dumps(new, separators=(",", ":")).encode()).digest()
            rows, new = b"", []
    return hashlib.sha256(link + rows + json.dumps(new, separators=(",", ":")).encode()).hexdigest()


@pytest.mark.parametrize("count", [0, 1, 4095, 4096, 4097, 9000])
def test_that_the_digest_is_what_the_decision_record_says(count: int) -> None:
    assert filled(count).digest() == digest_by_hand(count)


def test_that_records_reads_any_slice_across_chunks() -> None:
    journal = filled(9000)
    whole = journal.records()
    assert len(whole) == 9000 == journal.length
    for start, stop in ((0, 10), (4000, 4200), (4096, 8192), (8191, 9000), (5, 5), (8999, 20000)):
        part = journal.records(start, stop)
        assert np.array_equal(part, whole[start:stop])


def test_that_a_restored_journal_continues_the_same_digest() -> None:
    for cut in (0, 100, 4096, 5000):
        a = filled(cut)
        b = Journal(Kernel(), HEADER)
        b.restore(json.loads(json.dumps(a.save())))
        b.kernel._now = a.kernel._now
        b.kernel.cause = a.kernel.cause
        for journal in (a, b):
            for i in range(5000):
                journal.add(1, 0, i, 1.0, journal.text("new") if i == 7 else 0)
        assert a.digest() == b.digest()
        assert a.length == b.length


def test_that_a_reader_in_another_thread_sees_whole_records_only() -> None:
    kernel = Kernel()
    journal = Journal(kernel, HEADER)
    bad: list[str] = []
    done = False

    def read() -> None:
        while not done:
            n = journal.length
            records = journal.records(max(0, n - 5000), n)
            numbers = records["a"].astype(int)
            if len(records) and not np.array_equal(numbers, np.arange(numbers[0], numbers[0] + len(records))):
                bad.append(f"{numbers[:3]}")

    thread = Thread(target=read)
    thread.start()
    for i in range(60_000):
        journal.add(1, 0, 0, i)
    done = True
    thread.join()
    assert not bad


def test_that_edges_before_a_restored_journals_begin_are_refused_and_not_invented() -> None:
    a = filled(9000)
    b = Journal(Kernel(), HEADER)
    b.restore(a.save())
    assert b.first == 8192
    with pytest.raises(IndexError, match="8192"):
        b.records(10, 20)
    assert len(b.records()) == 9000 - 8192
