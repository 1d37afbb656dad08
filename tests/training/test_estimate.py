"""Estimates of memory: before anything is made, and with advice."""

import time
from typing import Any

import pytest

from steelyard.errors import TooLargeToTrain, ValidationFailed
from steelyard.training.estimate import Limits
from steelyard.training.examples import SMALLEST
from steelyard.training.plan import read_job
from tests.conftest import no_tables
from tests.training.jobs import LIMITS, job, read


def test_a_network_that_cannot_fit_is_refused_before_anything_is_made() -> None:
    started = time.perf_counter()
    with pytest.raises(TooLargeToTrain, match=r"350\.0 GiB.*4\.0 GiB"):
        read(job(layers=[60_000, 60_000]))
    assert time.perf_counter() - started < 1.0


DAYS = [{"day": f"2026-11-{place % 30 + 1:02}", "target": place % 2} for place in range(2000)]


ROWS = [{"a": f"v{place % 50}", "b": place, "target": place % 2} for place in range(2000)]


@pytest.mark.parametrize(
    ("fields", "advice"),
    [
        ({"layers": [2000, 2000]}, "the weights .*; use fewer units"),
        ({"training": {"batch_size": 2000}, "layers": [200]}, "2000 rows in the buffers .*; use a smaller batch_size"),
        ({"layers": [1000, 500], "ensemble": 4}, "the weights .*; use fewer units or members of the ensemble"),
        ({}, "2000 rows of 52 inputs; use fewer rows or columns, or preprocessing.categorical as 'embedding'"),
        ({"preprocessing": {"categorical": "ignore"}}, "2000 rows of 1 inputs; use fewer rows or columns\\.$"),
        ({"data": {"inline": {"rows": DAYS}}}, "2000 rows of 7 inputs; use fewer rows or columns\\.$"),
    ],
)
def test_what_takes_most_of_the_memory_is_told_with_what_helps(fields: dict[str, Any], advice: str) -> None:
    document = {"data": {"inline": {"rows": ROWS}}, "layers": [2], "task": "binary"} | fields
    with pytest.raises(TooLargeToTrain, match=f"The largest part, .* MiB, is for {advice}"):
        read_job(document, limits=Limits(1 << 20), tables=no_tables)


def test_members_and_a_refit_take_memory_and_time() -> None:
    alone = read_job(SMALLEST, limits=LIMITS, tables=no_tables).estimate
    several = read_job(SMALLEST | {"ensemble": 4}, limits=LIMITS, tables=no_tables)
    assert several.estimate.seconds == pytest.approx(4 * alone.seconds, rel=0.05)
    assert several.estimate.memory_bytes > alone.memory_bytes
    assert several.parameters == 4 * read_job(SMALLEST, limits=LIMITS, tables=no_tables).parameters
    training = SMALLEST.get("training", {}) | {"refit": True}
    again = read_job(SMALLEST | {"training": training}, limits=LIMITS, tables=no_tables).estimate
    assert again.seconds == pytest.approx(2 * alone.seconds, rel=0.05)
    assert again.memory_bytes > alone.memory_bytes


def test_a_small_job_needs_little_memory() -> None:
    plan = read_job(SMALLEST, limits=LIMITS, tables=no_tables)
    assert plan.estimate.memory_bytes < 32 << 20


def test_the_size_of_the_recording_is_that_of_its_statistics_and_weights() -> None:
    whole = read(job(training={"epochs": 4})).estimate.recording_bytes  # epochs 0, 1, 2, 3, 4, and the best
    weights = read(job(training={"epochs": 4}, recording={"statistics": False})).estimate.recording_bytes
    statistics = read(job(training={"epochs": 4}, recording={"weights": "off"})).estimate.recording_bytes
    assert whole == weights + statistics
    assert weights == 6 * (243 * 4 + 6 * 32)
    assert read(job(recording={"statistics": False, "weights": "off"})).estimate.recording_bytes == 0
    assert read(job(recording={"statistics": False, "weights": [3, 9]})).estimate.recording_bytes == weights / 3
    large = read(job(layers=[300, 300], recording={"statistics": False})).estimate
    assert large.recording_bytes == 0  # `auto` records the weights of small networks alone


def test_listed_snapshots_of_a_network_must_not_be_too_large() -> None:
    with pytest.raises(ValidationFailed, match=r"the recording would have 1\.2 GiB; the limit is 1\.0 GiB"):
        read(job(layers=[4_000, 4_000], recording={"weights": [*range(1, 21)]}, training={"epochs": 20}))
    document = job(layers=[9_000, 9_000], recording={"weights": [1]})
    with pytest.raises(ValidationFailed, match="a snapshot would have 309 MiB; the limit is 256 MiB"):
        read_job(document, limits=Limits(64 << 30), tables=no_tables)
