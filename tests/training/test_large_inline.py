"""A large job is read in another process, and becomes what it would in this one."""

import json
from typing import Any

import pytest

from steelyard.datasets.reader_pool import Readers
from steelyard.errors import InvalidRequest, PayloadTooLarge, SteelyardError
from steelyard.training.estimate import Limits
from steelyard.training.inline import read_sent
from steelyard.training.large_inline import read_large_job, read_stored_rows
from steelyard.training.plan import Plan, read_job
from tests.conftest import no_tables

LIMITS = Limits(4 << 30)
COUNT = 20_000  # more than one part
ROWS = [
    {
        "n": row / 7 if row % 11 else None,
        " c ": f"c{row * 7 % 31}",
        "b": row % 2 == 0,
        "since": f"2026-11-{row % 28 + 1:02}",
        "at": f"{row % 24:02}:30",
        "target": row % 3,
    }
    for row in range(COUNT)
]
ARRAYS = {"x": [[row, row / 3] for row in range(COUNT)], "y": [[row % 2, row] for row in range(COUNT)]}


def read_there(readers: Readers, body: bytes) -> Plan:
    taken = read_large_job(readers, body)
    return read_job(taken[0], limits=LIMITS, tables=no_tables, taken=taken)


@pytest.mark.parametrize(
    "data",
    [
        {"inline": {"rows": ROWS}},
        {"inline": ARRAYS, "target": "y1"},
        {"inline": ARRAYS | {"feature_names": ["p", "q"]}},
        {"builtin": "iris"},
    ],
    ids=["rows", "arrays", "names", "none"],
)
def test_a_large_job_is_read_as_it_would_be_here(readers: Readers, data: dict[str, Any]) -> None:
    job = {"data": data, "layers": [4], "metadata": {"a": "ü"}, "training": {"seed": 2**53 - 1}}
    here = read_job(job, limits=LIMITS, tables=no_tables)
    there = read_there(readers, json.dumps(job).encode())
    assert there == here


@pytest.mark.parametrize(
    "job",
    [
        {"data": {"inline": {"rows": [*ROWS, {"n": 1}, {"n": "x"}]}}, "layers": [-1]},
        {"data": {"inline": ARRAYS | {"y": [1, None]}}, "layers": [4], "lose": 1},
        {"data": {"inline": ARRAYS | {"x": [[1, 2], ["a", 3]], "y": [1, 2]}}, "layers": [4]},
        {"data": {"inline": {"x": [[1]]}}, "layers": [4], "training": {"epochs": 0}},
        {"data": {"inline": {"rows": []}}},
        {"data": {"inline": 7}, "layers": [4]},
        {"data": {"inline": {"rows": ROWS}, "target": "nothing"}, "layers": [4]},
        {"data": {"inline": {"rows": [{"a": 2**70, "target": 1}]}}, "layers": [4]},
        {"data": {"builtin": "iris"}, "layers": [4], "training": {"seed": 2**70}},
        [1],
    ],
    ids=range(10),
)
def test_its_errors_are_told_as_they_would_be_here(readers: Readers, job: Any) -> None:
    with pytest.raises(SteelyardError) as here:
        read_job(job, limits=LIMITS, tables=no_tables)
    with pytest.raises(SteelyardError) as there:
        read_there(readers, json.dumps(job).encode())
    assert there.value.problem() == here.value.problem()


def test_what_is_no_job_is_refused_and_the_next_one_is_read_all_the_same(readers: Readers) -> None:
    for body in (b"{", b'{"a": 1, "a": 2}', b"\xff", b"[" * 1000):
        with pytest.raises(InvalidRequest):
            read_large_job(readers, body)
    many = {f"field{number}": 1 for number in range(60_000)}
    with pytest.raises(PayloadTooLarge, match="50000 values"):
        read_large_job(readers, json.dumps(many).encode())
    with pytest.raises(PayloadTooLarge, match="MiB of memory"):
        read_large_job(readers, b'{"data": {"inline": {"rows": [' + b"{}," * 5_000_000 + b"{}]}}}")
    with pytest.raises(PayloadTooLarge, match="a list of 5000001 values"):
        read_large_job(readers, b'{"data": {"inline": {"x": [[' + b"1.5," * 5_000_000 + b"1]]}}}")
    with pytest.raises(PayloadTooLarge, match="characters besides its rows"):
        read_large_job(readers, b'{"name": "' + b"x" * 10_000_000 + b'"}')
    assert read_large_job(readers, b'{"layers": [4]}') == ({"layers": [4]}, None, [])


@pytest.mark.parametrize("inline", [{"rows": ROWS}, {"rows": ROWS[:9]}], ids=["large", "small"])
def test_stored_rows_are_read_as_they_were(readers: Readers, inline: dict[str, Any]) -> None:
    sent = read_sent(inline)
    table, targets = read_stored_rows(readers, sent.content).load()
    expected, their_targets = sent.load()
    assert targets == their_targets
    assert table.names == expected.names
    for name in table.names:
        assert table.columns[name].values.to_list() == expected.columns[name].values.to_list()
