"""The benchmark's own: that contenders do the same work, and that products are counted in full."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from benchmarks.shapes.points import MIDDLES, Middle
from benchmarks.training import floor
from benchmarks.training.contenders.numpy_in_place import InPlace
from benchmarks.training.contenders.scikit_learn import ScikitLearn
from benchmarks.training.contenders.steelyard import Steelyard
from benchmarks.training.work import Work
from benchmarks.training.workloads import WORKLOADS, Workload, clouds

SMALL = {
    "binary": replace(WORKLOADS["W1"], epochs=3),
    "multiclass": Workload((9, 16, 8, 5), "relu", 32, 3, 333, clouds),
}


@pytest.fixture(params=SMALL)
def work(request: pytest.FixtureRequest) -> Work:
    return SMALL[request.param].make()


def test_contenders_end_with_the_same_weights_each_time(work: Work) -> None:
    yardstick = InPlace(work, 1)
    yardstick.reset()
    yardstick.train()
    assert work.loss(yardstick.weights()) < 0.95 * work.loss(work.weights), "nothing was learned"
    for kind, tolerance in ((Steelyard, 1e-5), (ScikitLearn, 1e-3)):  # the latter adds its epsilon elsewhere
        contender = kind(work, 1)
        for _ in range(2):
            contender.reset()
            contender.train()
            for mine, other in zip(contender.weights(), yardstick.weights(), strict=True):
                np.testing.assert_allclose(mine, other, rtol=0, atol=tolerance)


def test_a_work_comes_back_from_its_folder(work: Work, tmp_path: Path) -> None:
    work.save(tmp_path)
    again = Work.load(tmp_path)
    assert again.widths == work.widths
    assert (again.activation, again.batch) == (work.activation, work.batch)
    for mine, other in zip([again.x, again.y, again.orders], [work.x, work.y, work.orders], strict=True):
        assert np.array_equal(mine, other)
    assert again.loss(again.weights) == work.loss(work.weights)


def test_every_way_of_a_product_is_that_product() -> None:
    for shape in [(32, 16, 16), (130, 200, 96)]:
        for calls, count in floor.ways(shape):
            multiplied = sum(a.size * b.shape[-1] for a, b, _ in calls)
            assert multiplied == count * np.prod(shape)


@pytest.mark.parametrize("middle", MIDDLES.values(), ids=MIDDLES)
def test_each_axis_of_shapes_is_doubled_from_the_same_middle(middle: Middle) -> None:
    axes = middle.points().values()
    assert {next(iter(series.values())) for series in axes} == {middle.workload()}
    assert all(len({*series.values()}) == 4 for series in axes)
