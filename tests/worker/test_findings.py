"""The findings of a run, put together from its training, its data and its metrics; and patches that help."""

from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine

from steelyard.diagnostics.patches import apply_patch
from steelyard.diagnostics.schema import Finding, PatchOperation
from steelyard.errors import Diverged
from steelyard.nn.training.loop import Epoch
from steelyard.training.assemble import build_training, draw_network, prepare, spawn_streams
from steelyard.training.schema.job import Job
from steelyard.training.sources import load_data
from steelyard_worker.findings import _about_members, find_in_run
from tests import trained
from tests.conftest import no_tables
from tests.training.jobs import read

R2 = "r2 of the validation rows is null. It needs at least two rows."
X = np.random.default_rng(0).normal(size=(60, 2)).round(3)
Y = (X @ [1, -1] + np.random.default_rng(1).normal(size=60)).round(3)


def findings(*, diverged: bool = False, data_is_there: bool = True, **fields: Any) -> dict[str, str]:
    """The codes and messages of the findings of a job that is trained here."""
    document = {"data": {"inline": {"x": X.tolist(), "y": Y.tolist()}}, "layers": [4], "training": {"epochs": 12}}
    plan = read(document | fields)
    streams = spawn_streams(plan.spec)
    prepared = prepare(plan.spec, load_data(plan.spec, plan.inline, no_tables), streams[0])
    network = draw_network(plan.spec, prepared, streams)
    training = build_training(plan.spec, prepared, network, streams)
    values = [event.values for event in training.run() if isinstance(event, Epoch)]
    history: dict[str, list[float | None]] = {name: [each[name] for each in values] for name in values[0]}
    metrics: dict[str, dict[str, float | None]] = {"train": {"loss": 1.0}, "validation": {"loss": 1.0, "r2": None}}
    given = prepared if data_is_there else None
    error = Diverged("the loss was not finite in epoch 3, batch 1: it overflowed.") if diverged else None
    found = find_in_run(plan.spec, training, given, history, metrics if error is None else {}, error=error)
    return {finding.code: finding.message for finding in found}


def test_a_run_that_learns_has_only_what_its_metrics_lack() -> None:
    assert findings(layers=[], optimizer={"name": "sgd", "learning_rate": 0.1}) == {"undefined_metrics": R2}


def test_the_reason_for_learning_nothing_takes_the_place_of_the_loss_that_did_not_fall() -> None:
    dead = {"type": "dense", "units": 4, "bias_initializer": {"name": "constant", "value": -100.0}}
    found = findings(layers=[dead], optimizer={"name": "sgd", "learning_rate": 1e-9})
    assert [*found][:2] == ["dead_units", "no_better_than_constant"]
    assert "loss_did_not_fall" not in found
    without = findings(data_is_there=False, layers=[dead], optimizer={"name": "sgd", "learning_rate": 1e-9})
    assert [*without] == ["dead_units"]


def test_only_a_divergence_is_blamed_on_large_training_values() -> None:
    large: dict[str, Any] = {
        "data": {"inline": {"x": (X * 1e6).tolist(), "y": X[:, 0].tolist()}},
        "preprocessing": {"numeric": "none"},
    }
    assert "large_input" not in findings(**large, optimizer={"name": "sgd", "learning_rate": 1e-20})
    found = findings(**large, optimizer={"name": "sgd", "learning_rate": 1e-20}, diverged=True)
    assert " in 'x" in found["large_input"]
    assert "diverged" in found


def test_a_job_changes_its_rules() -> None:
    dead = {"type": "dense", "units": 4, "bias_initializer": {"name": "constant", "value": -100.0}}
    fields: dict[str, Any] = {"layers": [dead], "diagnostics": {"rules": {"dead_units": False}}}
    assert "dead_units" not in findings(**fields)


def test_what_is_found_in_members_of_an_ensemble_is_one_finding_that_names_them() -> None:
    dead = {"type": "dense", "units": 4, "bias_initializer": {"name": "constant", "value": -100.0}}
    optimizer = {"name": "sgd", "learning_rate": 1e-9}
    alone = findings(layers=[dead], optimizer=optimizer)["dead_units"]
    several = findings(layers=[dead], optimizer=optimizer, ensemble=3)["dead_units"]
    assert several == f"All 3 members: {alone}"


def test_a_finding_of_some_members_names_these() -> None:
    finding = Finding(code="dead_units", level="warning", message="4 of 4 units", suggestion="", layer="dense_1")
    found = _about_members(finding, [2, 3], 5)
    assert found.message == "member_2, member_3 of 5 members: 4 of 4 units"
    assert found.layer == "member_2.dense_1"


WINE = {"builtin": "wine"}
SICK: dict[str, dict[str, Any]] = {
    "learning_rate_too_high": {"optimizer": {"name": "adam", "learning_rate": 10.0}},
    "learning_rate_too_low": {"optimizer": {"name": "adam", "learning_rate": 1e-6}},
    "equal_units": {"initializer": "zeros"},
    "dead_units": {"bias_initializer": {"name": "constant", "value": -50.0}},
    "unscaled_inputs": {"preprocessing": {"numeric": "none"}, "activation": "tanh"},
    "over_regularized": {"regularizer": {"name": "l2", "l2": 10.0}},
    "frozen_layers": {
        "layers": [{"type": "dense", "units": 16, "trainable": False}],
        "output": {"trainable": False},
    },
    "batch_too_large": {"training": {"epochs": 10, "batch_size": 1000}},
}


@pytest.mark.parametrize("code", [*SICK])
def test_a_sick_job_is_understood_and_its_patch_helps(store: Engine, code: str) -> None:
    document = {"data": WINE, "layers": [16, 16], "optimizer": "adam", "training": {"epochs": 30}} | SICK[code]
    sick = trained.train(store, document)
    [finding] = [each for each in sick.findings if each.code == code][:1]
    assert finding.level == "warning", finding
    changed = apply_patch(sick.spec, [PatchOperation(**dict(each)) for each in finding.patch or []])
    mended = trained.train(store, changed | {"data": WINE})
    assert _accuracy(mended) > _accuracy(sick) + 0.05
    assert code not in [each.code for each in mended.findings if each.level != "info"]


def _accuracy(job: Job) -> float:
    return job.metrics["validation"]["accuracy"] or 0.0


def test_a_divergence_is_an_error_with_a_patch_that_trains(store: Engine) -> None:
    document = {
        "data": {"builtin": "diabetes"},
        "layers": [16],
        "optimizer": {"name": "sgd", "learning_rate": 100.0},
        "training": {"epochs": 5},
    }
    sick = trained.train(store, document)
    assert sick.status == "failed"
    finding = sick.findings[0]
    assert (finding.code, finding.level) == ("diverged", "error")
    changed = apply_patch(sick.spec, finding.patch or [])
    assert trained.train(store, changed | {"data": {"builtin": "diabetes"}}).status == "succeeded"
