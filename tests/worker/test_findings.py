"""The findings of a run, put together from its training, its data and its metrics."""

from typing import Any

import numpy as np

from steelyard.diagnostics.schema import Finding
from steelyard.nn.training.loop import Epoch
from steelyard.training.assemble import build_training, draw_network, prepare, spawn_streams
from steelyard.training.estimate import Limits
from steelyard.training.plan import read_job
from steelyard.training.sources import load_data
from steelyard_worker.findings import _about_members, find_in_run
from tests.conftest import no_tables

R2 = "r2 of the validation rows is null. It needs at least two rows."
X = np.random.default_rng(0).normal(size=(60, 2)).round(3)


def findings(*, diverged: bool = False, data_is_there: bool = True, **fields: Any) -> dict[str, str]:
    """The codes and messages of the findings of a job that is trained here."""
    y = (X @ [1, -1] + np.random.default_rng(1).normal(size=60)).round(3)
    document = {"data": {"inline": {"x": X.tolist(), "y": y.tolist()}}, "layers": [4], "training": {"epochs": 12}}
    plan = read_job(document | fields, limits=Limits(4 << 30), tables=no_tables)
    streams = spawn_streams(plan.spec)
    prepared = prepare(plan.spec, load_data(plan.spec, plan.inline, no_tables), streams[0])
    network = draw_network(plan.spec, prepared, streams)
    training = build_training(plan.spec, prepared, network, streams)
    values = [event.values for event in training.run() if isinstance(event, Epoch)]
    history: dict[str, list[float | None]] = {name: [each[name] for each in values] for name in values[0]}
    metrics: dict[str, dict[str, float | None]] = {"train": {"loss": 1.0}, "validation": {"loss": 1.0, "r2": None}}
    given = prepared if data_is_there else None
    found = find_in_run(plan.spec, training, given, history, metrics if not diverged else {}, None, diverged=diverged)
    return {finding.code: finding.message for finding in found}


def test_a_run_that_learns_has_only_what_its_metrics_lack() -> None:
    assert findings(layers=[], optimizer={"name": "sgd", "learning_rate": 0.1}) == {"undefined_metrics": R2}


def test_the_reason_for_learning_nothing_takes_the_place_of_the_loss_that_did_not_fall() -> None:
    dead = {"type": "dense", "units": 4, "bias_initializer": {"name": "constant", "value": -100.0}}
    found = findings(layers=[dead], optimizer={"name": "sgd", "learning_rate": 1e-9})
    assert [*found][:2] == ["stuck_units", "no_better_than_constant"]
    assert "loss_did_not_fall" not in found
    without = findings(data_is_there=False, layers=[dead], optimizer={"name": "sgd", "learning_rate": 1e-9})
    assert "loss_did_not_fall" in without


def test_units_that_started_equal_come_first_and_are_not_stuck_besides() -> None:
    found = findings(initializer="zeros", activation="relu")
    assert next(iter(found)) == "equal_units"
    assert "stuck_units" not in found


def test_only_a_divergence_is_blamed_on_large_training_values() -> None:
    large: dict[str, Any] = {
        "data": {"inline": {"x": (X * 1e6).tolist(), "y": X[:, 0].tolist()}},
        "preprocessing": {"numeric": "none"},
    }
    assert "large_input" not in findings(**large, optimizer={"name": "sgd", "learning_rate": 1e-20})
    found = findings(**large, optimizer={"name": "sgd", "learning_rate": 1e-20}, diverged=True)
    assert " in 'x" in found["large_input"]


def test_what_is_found_in_members_of_an_ensemble_is_one_finding_that_names_them() -> None:
    dead = {"type": "dense", "units": 4, "bias_initializer": {"name": "constant", "value": -100.0}}
    optimizer = {"name": "sgd", "learning_rate": 1e-9}
    alone = findings(layers=[dead], optimizer=optimizer)["stuck_units"]
    several = findings(layers=[dead], optimizer=optimizer, ensemble=3)["stuck_units"]
    assert several == f"All 3 members: {alone}"


def test_a_finding_of_some_members_names_these() -> None:
    finding = Finding(code="stuck_units", level="warning", message="4 of 4 units", suggestion="", layer="dense_1")
    found = _about_members(finding, [2, 3], 5)
    assert found.message == "member_2, member_3 of 5 members: 4 of 4 units"
    assert found.layer == "member_2.dense_1"
