"""Baselines: a constant answer and a linear model, scored like the network."""

from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine

from steelyard.nn.rng import Streams
from steelyard.training import baseline
from steelyard.training.assemble import Prepared, prepare
from steelyard.training.baseline import measure_baseline, score
from steelyard.training.schema import JobSpec
from steelyard.training.sources import load_data
from tests import trained
from tests.conftest import no_tables
from tests.training.jobs import job, read

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 3)).round(3)


def prepared(document: dict[str, Any]) -> tuple[JobSpec, Prepared]:
    plan = read(document)
    return plan.spec, prepare(plan.spec, load_data(plan.spec, plan.inline, no_tables), Streams.spawn(0))


def measure(x: Any, y: Any, **fields: Any) -> dict[str, dict[str, baseline.Scores]]:
    rows = {"x": np.asarray(x).tolist(), "y": np.asarray(y).tolist()}
    return measure_baseline(*prepared(job(data={"inline": rows}, **fields)))


def test_a_job_and_its_model_have_a_baseline(store: Engine) -> None:
    made = trained.train(store, job(test={"fraction": 0.2}))
    assert made.baseline is not None
    for scores in (made.baseline.constant, made.baseline.linear):
        assert scores.keys() == made.metrics.keys()
        assert all(scores[split].keys() == made.metrics[split].keys() for split in scores)
    assert (made.baseline.linear["train"]["accuracy"] or 0) > 0.9
    assert (made.baseline.constant["train"]["accuracy"] or 1) < 0.4


def test_the_constant_answer_of_numbers_is_their_mean() -> None:
    y = (X @ [[1], [2], [3]] * 100 + 500).round(2)
    scores = measure(X, y)
    assert scores["constant"]["train"]["r2"] == pytest.approx(0, abs=1e-9)
    assert scores["constant"]["train"]["loss"] == pytest.approx(1, rel=1e-5)  # of scaled targets
    assert scores["linear"]["validation"]["r2"] == pytest.approx(1, abs=1e-3)


def test_the_constant_answer_of_classes_is_the_most_frequent_one() -> None:
    y = np.where(np.arange(200) % 4 == 0, "rare", "often")
    found = measure(X, y)["constant"]["train"]
    assert found["accuracy"] == pytest.approx(0.75)
    assert found["roc_auc"] == pytest.approx(0.5)
    assert found["log_loss"] == pytest.approx(-(0.75 * np.log(0.75) + 0.25 * np.log(0.25)), rel=1e-6)
    assert found["loss"] == pytest.approx(found["log_loss"], rel=1e-6)


@pytest.mark.parametrize(
    ("y", "loss"),
    [
        (X[:, :1] > 0, "hinge"),
        (np.abs(X[:, :1]).round(), "poisson"),
        (X[:, :1], "mean_absolute_error"),
        (X[:, :1], "quantile"),
        (X[:, :2] > 0, None),
    ],
)
def test_every_task_and_loss_has_one(y: Any, loss: str | None) -> None:
    document = {"task": "multilabel"} if loss is None else {"loss": loss}
    found = measure(X, np.asarray(y).astype(float), **document)
    values = [value for scores in found.values() for each in scores.values() for value in each.values()]
    assert None not in values
    assert found["linear"]["train"] != found["constant"]["train"]


def test_unscaled_inputs_do_not_hurt_the_linear_model() -> None:
    y = np.where(X[:, 0] > 0, "a", "b")
    found = measure(X * [1e5, 1, 1e-5], y, preprocessing={"numeric": "none"})
    assert (found["linear"]["validation"]["accuracy"] or 0) > 0.9


def test_many_rows_and_inputs_are_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    y = (X @ [[1], [2], [3]]).round(3)
    for name, value in (("LEAST_ROWS", 40), ("MOST_PRODUCTS", 100), ("MOST_INPUTS", 2)):
        monkeypatch.setattr(baseline, name, value)
    first, again = measure(X, y), measure(X, y)
    assert first == again
    assert 0.7 < (first["linear"]["validation"]["r2"] or 0) < 0.99


def test_categories_of_many_inputs_are_learned_from() -> None:
    labels = np.array([f"c{index % 40}" for index in range(200)])
    rows = [{"kind": label, "y": place % 40 > 19} for place, label in enumerate(labels.tolist())]
    found = measure_baseline(*prepared(job(data={"inline": {"rows": rows}, "target": "y"})))
    assert (found["linear"]["train"]["accuracy"] or 0) > 0.95


def test_metrics_take_what_they_are_of() -> None:
    spec, _ = prepared(job())
    metrics = baseline.build_metrics(spec)
    truth = np.array([0, 1, 2, 1])
    sure = np.eye(3)[truth]
    assert score(metrics, truth, truth, None).keys() == {m.name for m in metrics if not m.of_probabilities}
    assert score(metrics, truth, truth, sure)["accuracy"] == 1
