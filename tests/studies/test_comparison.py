"""The verdict over pairs of jobs."""

import math

import numpy as np
import pytest
from scipy import stats

from steelyard.studies.comparison import Measure, choose_measure, compare

LOSS, SCORE = Measure("validation", "log_loss"), Measure("validation", "accuracy")
RNG = np.random.default_rng(0)


def test_a_loss_that_falls_on_every_seed_helped() -> None:
    found = compare(LOSS, [(1.0, 0.5), (1.1, 0.6), (0.9, 0.4)])
    assert found.verdict == "helped"
    assert found.differences == pytest.approx([-0.5, -0.5, -0.5])
    assert found.mean == pytest.approx(-0.5)
    assert found.standard_error == pytest.approx(0.0, abs=1e-12)


def test_losses_of_any_size_are_compared_by_their_ratios() -> None:
    pairs = [(4.0, 0.3), (900.0, 0.31), (3e7, 0.29)]  # a learning rate that is far too large
    assert compare(LOSS, pairs).verdict == "helped"
    assert compare(LOSS, [(other, one) for one, other in pairs]).verdict == "worse"


def test_a_single_seed_with_a_huge_gain_does_not_outweigh_the_others() -> None:
    assert compare(LOSS, [(1e9, 0.3), (0.3, 0.5), (0.3, 0.5)]).verdict == "no_difference"


def test_a_score_that_grows_helped_and_one_that_falls_is_worse() -> None:
    assert compare(SCORE, [(0.5, 0.9), (0.6, 0.9), (0.5, 0.8)]).verdict == "helped"
    assert compare(SCORE, [(0.9, 0.5), (0.9, 0.6), (0.8, 0.5)]).verdict == "worse"


@pytest.mark.parametrize(
    "pairs",
    [
        [(1.0, 0.5), (1.0, 1.6), (1.0, 0.9)],  # the seeds disagree
        [(1.0, 0.9999), (1.0, 0.9998), (1.0, 0.9999)],  # a difference, but of no use
        [(1.0, 1.0), (2.0, 2.0)],
        [(1.0, 0.2)],  # a single pair has no spread
    ],
)
def test_what_the_seeds_cannot_show_is_no_difference(pairs: list[tuple[float, float]]) -> None:
    assert compare(LOSS, pairs).verdict == "no_difference"


@pytest.mark.parametrize("gain", [-0.3, -0.05, 0.0, 0.05, 0.3])
def test_the_verdict_is_that_of_a_paired_t_test(gain: float) -> None:
    for _ in range(50):
        one = RNG.uniform(0.5, 1.0, 5)
        other = one * np.exp(RNG.normal(-gain, 0.05, 5))
        better = stats.ttest_rel(np.log(one), np.log(other), alternative="greater").pvalue < 0.05
        worse = stats.ttest_rel(np.log(one), np.log(other), alternative="less").pvalue < 0.05
        mean = float(np.log(one / other).mean())
        expected = "helped" if better and mean > 0.01 else "worse" if worse and mean < -0.01 else "no_difference"
        found = compare(LOSS, list(zip(one.tolist(), other.tolist(), strict=True)))
        assert found.verdict == expected
        assert found.standard_error == pytest.approx(stats.sem(other - one))


def test_jobs_that_failed_decide_where_the_others_did_not() -> None:
    assert compare(LOSS, [(None, 0.5), (None, 0.6)]).verdict == "helped"
    assert compare(LOSS, [(None, 0.5), (1.0, 0.6), (1.1, 0.6)]).verdict == "helped"
    assert compare(LOSS, [(0.5, None), (0.6, None)]).verdict == "worse"
    assert compare(LOSS, [(None, 0.5), (0.5, None)]).verdict == "no_difference"
    assert compare(LOSS, [(None, 0.5), (0.5, 1.0), (0.5, 1.0)]).verdict == "no_difference"  # failed once, else better
    assert compare(LOSS, [(None, None), (None, None)]).verdict == "no_difference"
    found = compare(LOSS, [(None, 0.5), (1.0, 0.6)])
    assert (found.differences, found.standard_error) == ([None, pytest.approx(-0.4)], None)


def test_a_loss_of_zero_is_better_than_any_other() -> None:
    found = compare(LOSS, [(0.5, 0.0), (0.4, 0.0), (0.6, 0.0)])
    assert found.verdict == "helped"
    assert math.isfinite(found.mean or math.nan)


def test_the_measure_is_one_of_held_out_rows_that_all_jobs_have() -> None:
    spec = {"task": "binary", "validation": None, "test": {"fraction": 0.2}}
    assert choose_measure(spec | {"validation": {}}, []) == Measure("validation", "log_loss")
    assert choose_measure(spec, [{"test": {"log_loss": 1.0, "accuracy": 1.0}}]) == Measure("test", "log_loss")
    margins: dict[str, dict[str, float | None]] = {"test": {"accuracy": 1.0}}
    assert choose_measure(spec, [margins, {"test": {"log_loss": 1.0, "accuracy": 1.0}}]).metric == "accuracy"
    assert choose_measure(spec | {"task": "regression", "test": None}, []) == Measure("train", "rmse")
    assert Measure("train", "rmse").is_loss
    assert not SCORE.is_loss
    assert SCORE.of({"validation": {"accuracy": 0.5}}) == 0.5
    assert SCORE.of({}) is None
