"""What rules ask of a run."""

import numpy as np
import pytest

from steelyard.diagnostics.run import Comparison, finite
from tests.diagnostics.runs import BASELINE, drawn, kernels, predicted, regression, run, spec


def test_layers_have_their_names_and_places() -> None:
    layers = run(spec(layers=[8, {"type": "dropout", "rate": 0.5}, 4])).layers
    assert {name: place.path for name, place in layers.items()} == {
        "dense_1": "/layers/0",
        "dropout_1": "/layers/1",
        "dense_2": "/layers/2",
        "output": "/output",
    }


def test_the_distance_is_relative_to_the_start() -> None:
    start = kernels(dense_1=drawn(3, 4))
    over = run(spec(), initial=start, final={name: tensor * 1.5 for name, tensor in start.items()})
    assert over.distance == pytest.approx(0.5)
    assert run(spec()).distance is None


def test_steps_and_batches_are_counted() -> None:
    over = run(spec(training={"batch_size": 64}))
    assert (over.rows, over.batch_size, over.steps) == (200, 64, 80)
    assert run(spec(optimizer="lbfgs")).batch_size == 200
    assert run(spec(), predictions={}).steps is None


@pytest.mark.parametrize(
    ("value", "rows", "worse"), [(0.89, 100, False), (0.85, 100, False), (0.83, 100, True), (0.85, 10_000, True)]
)
def test_more_rows_make_smaller_differences_count(value: float, rows: int, worse: bool) -> None:
    assert Comparison("accuracy", "test", rows, value, 0.5, 0.9).is_worse() == worse


def test_the_better_baseline_counts() -> None:
    assert Comparison("accuracy", "test", 100, 0.5, 0.6, 0.4).baseline == ("a constant answer", 0.6)
    assert Comparison("mae", "test", 100, 0.5, 0.6, 0.4).baseline == ("a linear model", 0.4)
    assert Comparison("mae", "test", 100, 0.7, 0.6, 0.4).is_worse()
    assert Comparison("mae", "test", 100, 0.3, 0.6, 0.4).is_better()


def test_a_network_is_harmed_if_a_baseline_is_better_or_it_learned_nothing() -> None:
    assert not run(spec()).is_harmed
    assert run(spec(), value=0.6).is_harmed
    hopeless = {name: {split: {"accuracy": 0.4} for split in ("train", "validation")} for name in BASELINE}
    assert run(spec(), value=0.4, baseline=hopeless).is_harmed
    assert not run(spec(), value=0.6, baseline=hopeless).is_harmed


def test_a_network_that_is_good_on_its_training_rows_is_not_underfitted() -> None:
    metrics = {"train": {"accuracy": 0.95}, "validation": {"accuracy": 0.5}}
    assert run(spec(), metrics=metrics).is_harmed
    assert not run(spec(), metrics=metrics).is_underfitted
    assert run(spec(), value=0.6).is_underfitted
    assert run(spec(), baseline=None, history={"loss": [1.0, 1.0, 0.99]}).is_underfitted


def test_without_a_baseline_a_loss_that_does_not_fall_is_harm() -> None:
    assert run(spec(), baseline=None, history={"loss": [1.0, 1.0, 0.99]}).is_harmed
    assert not run(spec(), baseline=None, history={"loss": [1.0, 1.0, 0.5]}).is_harmed
    assert not run(spec(), baseline=None, history={"loss": [1.0, 1.0]}).is_harmed
    assert run(spec(), is_over=False, history={"loss": [1.0, 1.0, 0.99]}).is_harmed


def test_each_task_is_compared_by_its_metric() -> None:
    found = run(regression()).held_out
    assert found is not None
    assert found.metric == "r2"
    rows = {"train": predicted(np.zeros(9), np.zeros(9))}
    quantile = run(regression(loss="quantile"), predictions=rows)
    assert quantile.held_out is None  # its metric is not in this baseline


def test_only_finite_values_are_taken() -> None:
    assert finite([1.0, None, float("nan"), 2.0]) == [1.0, 2.0]


@pytest.mark.parametrize(("first", "starts_high"), [(3.0, False), (3.01, True), (2.5, False)])
def test_a_loss_starts_high_above_three_times_that_of_a_constant_answer(first: float, starts_high: bool) -> None:
    assert run(spec(), history={"loss": [first, 0.5]}).starts_high == starts_high
    assert not run(spec(), history={"loss": [first]}, baseline=None).starts_high


@pytest.mark.parametrize("split", ["validation", "test", "train"])
def test_held_out_rows_are_those_of_validation_or_test_or_training(split: str) -> None:
    later = ["validation", "test", "train"]
    splits = later[later.index(split) :]
    targets = np.arange(200) % 3
    over = run(
        spec(),
        metrics={each: {"accuracy": 0.5} for each in splits},
        baseline={kind: {each: {"accuracy": 0.4} for each in splits} for kind in ("constant", "linear")},
        predictions={each: predicted(targets, targets) for each in splits},
    )
    assert over.held_out is not None
    assert over.held_out.split == split


def test_what_chance_allows_depends_on_the_metric_and_the_rows() -> None:
    assert not Comparison("r2", "test", 100, 0.831, 0.0, 0.9).is_worse()  # 0.02 + 1 / (2 · 10)
    assert Comparison("r2", "test", 100, 0.829, 0.0, 0.9).is_worse()
    assert not Comparison("mae", "test", 100, 1.13, 2.0, 1.0).is_worse()  # the same, of that of a constant answer
    assert Comparison("mae", "test", 100, 1.141, 2.0, 1.0).is_worse()
    assert Comparison("accuracy", "test", 10**6, 0.889, 0.5, 0.9).is_worse()  # at least 0.01
    assert not Comparison("accuracy", "test", 10**6, 0.891, 0.5, 0.9).is_worse()
    assert not Comparison("accuracy", "test", 10, 0.85, 0.5, 1.0).is_worse()  # one row of ten may be chance
    assert Comparison("accuracy", "test", 100, 0.42, 0.4, 0.4).is_no_better_than_constant
    assert Comparison("accuracy", "test", 100, 0.9, 0.4, 0.45).is_hopeless
    assert not Comparison("accuracy", "test", 100, 0.9, 0.4, 0.6).is_hopeless


def test_the_penalty_is_what_the_training_loss_has_beyond_the_loss() -> None:
    regularized = spec(regularizer={"name": "l2", "l2": 0.1})
    assert run(regularized, history={"loss": [2.0, 0.7]}).penalty == pytest.approx(0.5)
    assert run(regularized, history={"loss": [2.0, 0.1]}).penalty == 0
    assert run(spec(), history={"loss": [2.0, 0.7]}).penalty == 0
    assert run(regularized, history={"loss": [2.0, 0.7]}).constant_loss == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("metric", "value", "constant", "share"),
    [
        ("r2", 0.75, 0.0, 0.25),
        ("r2", 1.0, 1.0, 0.0),
        ("accuracy", 0.9, 0.6, 0.25),
        ("mae", 1.0, 4.0, 0.25),
        ("r2", -1.0, 0.0, 2.0),
    ],
)
def test_an_error_is_compared_with_that_of_the_constant_answer(
    metric: str, value: float, constant: float, share: float
) -> None:
    assert Comparison(metric, "test", 100, value, constant, 0.0).error_share == pytest.approx(share)
