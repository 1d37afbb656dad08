"""A job starts from the weights of an earlier model, matched by name, and its optimizer goes on."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from steelyard.errors import InitialWeightsGone, NotFound, ValidationFailed
from steelyard.models import library
from steelyard.nn.training.optimizer_state import OptimizerState
from steelyard.training import results, submission
from steelyard.training.queries import list_jobs
from steelyard.training.schema.job import Job
from steelyard.training.start import as_tensors, load_start
from tests import trained
from tests.service import SMALLEST
from tests.trained import weights


def train(store: Engine, **fields: Any) -> Job:
    job = trained.train(store, {**SMALLEST, "training": {"epochs": 3}, **fields})
    assert job.status == "succeeded", job.error
    return job


def faults(store: Engine, **fields: Any) -> dict[str, str]:
    with pytest.raises(ValidationFailed) as caught:
        trained.read(store, {**SMALLEST, **fields})
    return {fault.pointer: fault.detail for fault in caught.value.faults}


@pytest.fixture(scope="module")
def first(store: Engine) -> Job:
    """A job whose model others start from."""
    return train(store, training={"epochs": 5})


def test_a_job_begins_with_the_weights_of_an_earlier_model(store: Engine, first: Job) -> None:
    second = train(store, initial_weights={"model": first.model}, training={"epochs": 1, "seed": 9})
    expected, found = weights(store, first.id, "final"), weights(store, second.id, "initial")
    assert expected.keys() == found.keys()
    assert all(expected[name].tobytes() == found[name].tobytes() for name in expected)


def test_jobs_are_listed_by_the_model_that_they_start_from(store: Engine, first: Job) -> None:
    begin = train(store)
    tuned = [train(store, initial_weights={"model": begin.model}, training={"epochs": 1}).id for _ in range(2)]
    train(store, initial_weights={"model": first.model}, training={"epochs": 1})
    assert begin.model is not None
    assert [job.id for job in list_jobs(store, started_from=begin.model).data] == tuned[::-1]
    assert list_jobs(store, started_from="mdl_none").data == []


def test_tensors_of_another_shape_are_drawn_anew_unless_all_must_fit(store: Engine, first: Job) -> None:
    start = {"model": first.model}
    second = train(store, layers=[16, 5], initial_weights=start)
    expected, found = weights(store, first.id, "final"), weights(store, second.id, "initial")
    assert found["dense_1/kernel"].tobytes() == expected["dense_1/kernel"].tobytes()
    assert found["dense_2/kernel"].shape == (16, 5)
    rejected = faults(store, layers=[16, 5], initial_weights={**start, "strict": True})
    assert rejected == {"/initial_weights/strict": "is true; dense_2/kernel is 16 × 8 in the model and 16 × 5 here"}
    [finding] = [each for each in second.findings if each.code == "initial_weights"]
    assert finding.message.startswith(f"Taken from {first.model}: dense_1/kernel, dense_1/bias, output/bias. ")
    assert "dense_2/kernel is 16 × 8 in the model and 16 × 5 here" in finding.message


FACTS = {"layers": [4], "validation": None, "optimizer": {"name": "sgd", "learning_rate": 1e-9}}


def table(*names: str, cities: str = "xyz", classes: str = "no yes") -> dict[str, Any]:
    """Rows with these columns in this order."""
    rows = []
    for number in range(30):
        values = {"a": number % 7, "b": number % 5, "city": cities[number % 3], "d": number % 4}
        rows.append({name: values[name] for name in names} | {"y": classes.split()[number % 2]})
    return {"inline": {"rows": rows}, "target": "y"}


@pytest.mark.parametrize("categorical", ["one_hot", "embedding"])
def test_columns_in_another_order_find_their_weights(store: Engine, categorical: str) -> None:
    """The new network is the old one, up to the order of its inputs, and its optimizer goes on."""
    encoding = {"preprocessing": {"categorical": categorical}}
    adam = {"layers": [4], "validation": None, "training": {"epochs": 20, "shuffle": False}, **encoding}
    old = train(store, data=table("a", "city", "b"), **adam)
    start = {"model": old.model, "strict": True, "optimizer_state": True}
    same = train(store, data=table("a", "city", "b"), **adam, initial_weights=start)
    new = train(store, data=table("b", "a", "city"), **adam, initial_weights=start)
    assert new.metrics["train"]["loss"] == pytest.approx(same.metrics["train"]["loss"], rel=1e-4)
    [finding] = [each for each in new.findings if each.code == "initial_weights"]
    assert finding.level == "info"
    assert "dense_1/kernel (reordered by name)" in finding.message


def test_columns_and_classes_that_are_new_are_listed(store: Engine) -> None:
    old = train(store, data=table("a", "b", "city"), **FACTS)
    start = {"model": old.model}
    data = table("a", "city", "d", cities="xyw", classes="no maybe")
    spec = {"data": data, **FACTS, "initial_weights": start}
    planned = trained.read(store, {**SMALLEST, **spec})
    new = train(store, **spec)
    [finding] = [each for each in new.findings if each.code == "initial_weights"]
    assert finding in planned.findings
    assert finding.level == "warning"
    assert "dense_1/kernel has 'd', 'city=w' here and not in the model" in finding.message
    assert "dense_1/kernel has 'b', 'city=z' in the model and not here" in finding.message
    assert "output/kernel has 'class no rather than maybe' here" in finding.message
    before, after = weights(store, old.id, "final"), weights(store, new.id, "initial")
    assert before["dense_1/kernel"][0].tobytes() == after["dense_1/kernel"][0].tobytes()  # the column a
    rejected = faults(store, **{**spec, "initial_weights": {**start, "strict": True}})
    assert "here" in rejected["/initial_weights/strict"]
    others = faults(store, data=table("d"), layers=[3], validation=None, initial_weights=start)
    assert "no kernel that fits" in others["/initial_weights/model"]


def test_the_optimizer_goes_on_as_if_it_had_never_stopped(store: Engine) -> None:
    steady = {"shuffle": False}
    whole = train(store, training={"epochs": 10, **steady})
    half = train(store, training={"epochs": 5, **steady})
    start = {"model": half.model, "strict": True, "optimizer_state": True}
    rest = train(store, training={"epochs": 5, **steady}, initial_weights=start)
    assert rest.weights_sha256 == whole.weights_sha256
    fresh = train(store, training={"epochs": 5, **steady}, initial_weights={"model": half.model})
    assert fresh.weights_sha256 != whole.weights_sha256
    assert "optimizer" not in results.list_weights(store, half.id).snapshots
    with pytest.raises(NotFound):
        results.open_snapshot(store, half.id, "optimizer")


def test_an_alias_stands_for_the_model_that_it_names_now(store: Engine, first: Job) -> None:
    assert first.model is not None
    library.set_alias(store, first.model, "best")
    plan = trained.read(store, {**SMALLEST, "initial_weights": {"model": "best"}})
    assert plan.spec.initial_weights is not None
    assert plan.spec.initial_weights.model == first.model
    same = trained.read(store, {**SMALLEST, "initial_weights": {"model": first.model}})
    assert plan.digest == same.digest


def test_a_model_that_does_not_fit_is_rejected(store: Engine, first: Job) -> None:
    missing = "mdl_" + "0" * 26
    assert "no such model" in faults(store, initial_weights={"model": missing})["/initial_weights/model"]
    assert "there is no such model" in faults(store, initial_weights={"model": "x"})["/initial_weights/model"]
    other = {"model": first.model}
    nothing = faults(store, data={"builtin": "wine"}, layers=[3], output={"use_bias": False}, initial_weights=other)
    assert "which has no kernel that fits: dense_1/kernel has 'alcohol', " in nothing["/initial_weights/model"]
    rule = faults(store, optimizer="sgd", initial_weights={**other, "optimizer_state": True})
    assert "trained by 'adam'" in rule["/initial_weights/optimizer_state"]


def test_a_job_whose_model_is_deleted_before_it_starts_fails_with_the_reason(store: Engine) -> None:
    model = train(store).model
    assert model is not None
    plan = trained.read(store, {**SMALLEST, "initial_weights": {"model": model}})
    waiting = submission.submit(store, plan)
    library.delete_model(store, model)
    with pytest.raises(InitialWeightsGone, match=model):
        load_start(store, model)
    job = trained.run(store, waiting.id)
    assert job.error is not None
    assert (job.status, job.error.type) == ("failed", "/problems/initial-weights-gone")
    assert model in job.error.detail


def test_frozen_layers_keep_the_bits_they_began_with(store: Engine, first: Job) -> None:
    frozen = [{"type": "dense", "units": 16, "trainable": False}, 8]
    job = train(store, layers=frozen, initial_weights={"model": first.model})
    before, after = weights(store, first.id, "final"), weights(store, job.id, "final")
    assert before["dense_1/kernel"].tobytes() == after["dense_1/kernel"].tobytes()
    assert before["dense_2/kernel"].tobytes() != after["dense_2/kernel"].tobytes()


@given(
    slots=st.lists(st.sampled_from(["exp_avg", "velocity"]), unique=True),
    scalars=st.dictionaries(st.just("momentum_product"), st.floats(0, 1)),
    steps=st.integers(0, 2**40),
)
def test_an_optimizer_is_stored_under_names_that_never_meet(
    slots: list[str], scalars: dict[str, float], steps: int
) -> None:
    kept = {slot: {"dense_1/kernel": np.full(2, place)} for place, slot in enumerate(slots)}
    tensors = as_tensors(OptimizerState(kept, scalars, steps))
    assert len(tensors) == len(slots) + len(scalars) + 1
    assert tensors["steps"].tolist() == [steps]
    for name, value in scalars.items():
        assert tensors[name].tolist() == [value]
    for slot in slots:
        assert tensors[f"{slot}:dense_1/kernel"] is kept[slot]["dense_1/kernel"]


def test_each_member_of_an_ensemble_begins_with_the_weights_of_that_member(store: Engine, first: Job) -> None:
    earlier = train(store, ensemble=2)
    second = train(store, ensemble=3, initial_weights={"model": earlier.model}, training={"epochs": 1, "seed": 9})
    expected, found = weights(store, earlier.id, "final"), weights(store, second.id, "initial")
    assert all(expected[name].tobytes() == found[name].tobytes() for name in expected)
    [finding] = [each for each in second.findings if each.code == "initial_weights"]
    assert "member_3.dense_1/kernel is not in the model" in finding.message
    rejected = faults(store, ensemble=2, initial_weights={"model": first.model})
    assert "no kernel that fits: member_1.dense_1/kernel is not in the model" in rejected["/initial_weights/model"]
