"""What a job leaves open is chosen from its data, said with a reason, and written into its specification."""

from typing import Any

import pytest

from steelyard.training.defaults import (
    BLIND_EPOCHS,
    MOST_EPOCHS,
    MOST_STEPS,
    OF_MEMBERS,
    OF_ONE,
    OPTIMIZER,
    PATIENCE,
    UNITS,
)
from steelyard.training.examples import EXAMPLES
from tests.training.jobs import faults, job, read

IRIS: dict[str, Any] = {"data": {"builtin": "iris"}}
FEW_ROWS: dict[str, Any] = {"inline": {"x": [[float(row)] for row in range(12)], "y": [2.0 * row for row in range(12)]}}


def chosen(document: dict[str, Any]) -> dict[str, Any]:
    return {choice.path: choice.value for choice in read(document).choices}


def test_a_job_of_data_alone_gets_a_network_an_optimizer_and_an_end() -> None:
    plan = read(IRIS)
    found = {choice.path: choice.value for choice in plan.choices}
    assert [*found] == [
        "/loss", "/validation", "/preprocessing/numeric", "/layers", "/training/batch_size", "/optimizer",
        "/training/schedule", "/training/epochs", "/training/early_stopping",
    ]  # fmt: skip
    assert [layer.units for layer in plan.spec.layers or ()] == [*UNITS]
    assert plan.spec.make_optimizer().name == OPTIMIZER["name"]
    assert plan.spec.training.early_stopping is not None
    assert plan.spec.training.early_stopping.patience == plan.spec.epochs // 4
    assert all(choice.reason for choice in plan.choices)


@pytest.mark.parametrize("rows", [100, 1_000, 10_000])
def test_the_members_of_an_ensemble_make_fewer_steps_at_a_higher_rate_and_the_job_says_so(rows: int) -> None:
    data = {"inline": {"x": [[float(row)] for row in range(rows)], "y": [row % 2 for row in range(rows)]}}
    one, several = read({"data": data}), read({"data": data, "ensemble": 3})
    assert 15 <= several.spec.epochs < one.spec.epochs
    rates = [plan.spec.make_optimizer().learning_rate for plan in (one, several)]
    assert rates == [OF_ONE.rate, OF_MEMBERS.rate]
    assert rates[0] < rates[1]
    reasons = [{choice.path: choice.reason for choice in plan.choices}["/training/epochs"] for plan in (one, several)]
    assert ["several networks" in reason for reason in reasons] == [False, True]


def test_an_ensemble_whose_epochs_are_given_trains_like_one_network() -> None:
    given = read({**IRIS, "ensemble": 3, "training": {"epochs": 80}})
    assert given.spec.make_optimizer().learning_rate == OF_ONE.rate
    assert given.spec.epochs == 80


def test_auto_is_the_same_as_nothing() -> None:
    auto = {**IRIS, "layers": "auto", "optimizer": "auto", "loss": "auto", "training": {"epochs": "auto"}}
    assert read(auto).digest == read(IRIS).digest


@pytest.mark.parametrize("document", [IRIS, *EXAMPLES.values()])
def test_the_specification_that_a_job_gets_back_describes_the_same_job(document: dict[str, Any]) -> None:
    spec = read(document).spec.to_json()
    if spec["data"].get("inline"):
        spec["data"]["inline"] = document["data"]["inline"]
    again = read({key: value for key, value in spec.items() if key != "webhook"})
    assert again.digest == read(document).digest
    assert again.choices == []


def test_settings_that_are_given_are_not_chosen() -> None:
    settings = {"epochs": 7, "batch_size": 10}
    plan = read(job(loss="categorical_crossentropy", validation=None, training=settings))
    assert plan.choices == []
    assert plan.spec.preprocessing.numeric == "standard"
    assert plan.spec.epochs == 7
    assert plan.spec.training.early_stopping is None


def test_layers_that_are_given_train_at_a_constant_rate_until_patience_ends() -> None:
    plan = read({**IRIS, "layers": [8]})
    assert plan.spec.training.schedule is None
    assert plan.spec.training.early_stopping is not None
    assert plan.spec.training.early_stopping.patience == PATIENCE
    assert plan.spec.make_optimizer().learning_rate == 0.001


def test_epochs_that_are_given_with_open_layers_are_trained_to_the_last() -> None:
    plan = read({**IRIS, "training": {"epochs": 9}})
    assert plan.spec.epochs == 9
    assert plan.spec.training.early_stopping is None
    assert plan.spec.training.schedule is not None


@pytest.mark.parametrize(("rows", "batch"), [(20_000, 32), (50_000, 64), (100_000, 128)])
def test_steps_grow_with_many_rows_where_layers_are_open(rows: int, batch: int) -> None:
    data = {"builtin": "moons", "n_samples": rows}
    plan = read({"data": data})
    [reason] = [choice.reason for choice in plan.choices if choice.path == "/training/batch_size"]
    assert plan.spec.batch_size == batch
    assert reason.endswith("beyond 20,000 rows") == (batch == 32)
    assert read({"data": data, "layers": [4]}).spec.batch_size == 32


def test_initial_weights_need_layers() -> None:
    assert faults({**IRIS, "initial_weights": {"model": "mdl_1"}}).keys() == {"/layers"}


def test_a_named_optimizer_keeps_its_own_defaults() -> None:
    assert read(job(optimizer="adamw")).spec.make_optimizer().weight_decay == 0.01
    assert read(IRIS).spec.make_optimizer().weight_decay == 0.3


def test_early_stopping_that_is_given_stays_and_epochs_are_a_bound() -> None:
    asked = {"patience": 3, "monitor": "loss"}
    plan = read(job(training={"early_stopping": asked}))
    assert plan.spec.training.early_stopping is not None
    assert plan.spec.training.early_stopping.patience == 3
    assert "/training/early_stopping" not in {choice.path for choice in plan.choices}
    assert plan.spec.epochs == MOST_EPOCHS[1]


def test_the_bound_of_epochs_depends_on_the_number_of_steps() -> None:
    def epochs(rows: int, batch: int) -> int:
        data = {"builtin": "moons", "n_samples": rows}
        return read(job(data=data, training={"batch_size": batch})).spec.epochs

    assert epochs(100, 80) == MOST_EPOCHS[1]
    assert epochs(100_000, 32) == MOST_EPOCHS[0]
    assert epochs(10_000, 32) == MOST_STEPS // 250  # of 8,000 rows for training


def test_without_validation_rows_a_job_trains_a_number_of_steps_and_says_why() -> None:
    for document in ({"data": FEW_ROWS, "layers": [4]}, {**IRIS, "layers": [4], "validation": None}):
        plan = read(document)
        reasons = {choice.path: choice.reason for choice in plan.choices}
        assert "without validation rows" in reasons["/training/epochs"]
        assert plan.spec.training.early_stopping is None
        assert BLIND_EPOCHS[0] <= plan.spec.epochs <= BLIND_EPOCHS[1]
    assert read({**IRIS, "validation": None}).spec.epochs == BLIND_EPOCHS[0]


def test_auto_is_rejected_where_nothing_is_chosen() -> None:
    assert faults(job(activation="auto")).keys() == {"/activation"}
    assert faults(job(training={"epochs": "many"})) == {
        "/training/epochs": "is 'many'; it must be an integer, or 'auto'",
    }


def test_layers_that_are_chosen_take_the_parts_of_the_job() -> None:
    plan = read({**IRIS, "activation": "tanh", "regularizer": "l2"})
    assert [(layer.activation.name, layer.regularizer.name) for layer in plan.spec.layers or ()] == [("tanh", "l2")] * 2


def test_chosen_is_what_the_specification_holds() -> None:
    spec = read(IRIS).spec.to_json()
    assert chosen(IRIS)["/training/epochs"] == spec["training"]["epochs"]
    assert chosen(IRIS)["/training/early_stopping"] == spec["training"]["early_stopping"]
    assert chosen(IRIS)["/validation"] == spec["validation"]
