"""A lab trains one job from different starts, and nothing else differs."""

from typing import Any

import pytest
from sqlalchemy import Engine

from steelyard.errors import ValidationFailed
from steelyard.studies import initialization_lab as lab
from steelyard.studies.initialization_lab import Start
from steelyard.studies.schema import InitializationLab
from steelyard.training.queries import get_job
from steelyard.training.shorthand import expand
from tests import trained
from tests.trained import LIMITS, weights

JOB: dict[str, Any] = {
    "data": {"builtin": "iris"},
    "layers": [{"units": 16, "initializer": "he_normal", "activation": "relu"}],
    "output": {"initializer": "zeros"},
    "training": {"epochs": 30, "seed": 4},
}


def finish(store: Engine, **asked: Any) -> InitializationLab:
    found, jobs = lab.submit(store, LIMITS, lab.read_request({"job": JOB, "seeds": 2} | asked))
    assert found.status == "queued"
    trained.run_all(store, jobs)
    return lab.get(store, found.id)


@pytest.fixture(scope="module")
def compared(store: Engine) -> InitializationLab:
    """Three starts of a deep network that has ended."""
    return finish(store, initializers=["zeros", "he_normal", {"name": "constant", "value": 5.0}], depths=[6], seeds=3)


def test_the_start_is_all_that_differs() -> None:
    job = expand({**JOB, "layers": [8, {"type": "residual", "layers": [{"units": 8, "initializer": "zeros"}]}]})
    changed = Start("lecun_normal", None, None).apply(job)
    assert changed["initializer"] == "lecun_normal"
    dense = {"type": "dense", "units": 8}
    assert changed["layers"] == [dense, {"type": "residual", "layers": [dense]}]
    assert changed["output"] == {}
    same = {"initializer", "layers", "output"}
    assert {key: value for key, value in changed.items() if key not in same} == {
        key: value for key, value in job.items() if key not in same
    }
    deep = Start("zeros", "tanh", 3).apply(expand(JOB))
    assert (deep["activation"], deep["layers"]) == ("tanh", [{"type": "dense", "units": 16}] * 3)
    assert expand(JOB)["layers"][0]["initializer"] == {"name": "he_normal"}


def test_an_activation_layer_keeps_its_activation() -> None:
    job = expand({**JOB, "layers": [8, {"type": "activation", "activation": "gelu"}]})
    assert Start("zeros", "tanh", None).apply(job)["layers"][1]["activation"] == {"name": "gelu"}


def test_each_job_has_the_start_and_the_seed_of_its_place(store: Engine, compared: InitializationLab) -> None:
    names = [each.initializer["name"] for each in compared.combinations]
    assert names == ["zeros", "he_normal", "constant"]
    for combination in compared.combinations:
        for place, job_id in enumerate(combination.jobs):
            job = get_job(store, job_id)
            assert job.study is not None
            assert (job.study.id, job.study.seed) == (compared.id, 4 + place)
            assert {layer["initializer"]["name"] for layer in job.spec["layers"]} == {combination.initializer["name"]}
            assert len(job.spec["layers"]) == 6
    first, second = (each.jobs[0] for each in compared.combinations[:2])
    assert get_job(store, first).spec["training"] == get_job(store, second).spec["training"]
    assert not any(tensor.any() for tensor in weights(store, first, "initial").values())


def test_the_gains_before_any_step_tell_what_happens_to_the_signal(compared: InitializationLab) -> None:
    zeros, he, constant = compared.combinations
    assert [gain.layer for gain in he.gains] == [*(f"dense_{number}" for number in range(1, 7)), "output"]
    lost = (
        "zeros, 6 layers: the signal is lost, with a forward gain of 0.00 per layer: 0% of it is left after 6 layers."
    )
    assert zeros.message == lost
    assert he.message.startswith("he_normal, 6 layers: the signal is kept, with a forward gain of 0.")
    assert constant.message.startswith("constant(value=5.0), 6 layers: the signal blows up, with a forward gain of ")
    assert all(0.3 < (gain.forward or 0) < 3 for gain in he.gains[:-1])


def test_the_best_start_is_named_with_those_that_cannot_be_told_apart(compared: InitializationLab) -> None:
    zeros, he, constant = compared.combinations
    assert (he.rank, he.is_best) == (1, True)
    assert (zeros.is_best, constant.is_best) == (False, False)
    assert he.end.mean is not None
    assert zeros.end.mean is not None
    assert he.end.mean < zeros.end.mean
    assert compared.message.startswith("Best validation log_loss: he_normal, 6 layers (")
    assert compared.message.endswith("zeros, 6 layers and constant(value=5.0), 6 layers do worse.")
    assert [loss.epoch for loss in he.losses] == [1, 5, 25]
    assert he.losses[0].mean is not None
    assert he.losses[2].mean is not None
    assert he.losses[2].mean < he.losses[0].mean
    assert zeros.findings["equal_units"] == 3


def test_starts_that_do_alike_share_the_first_place(store: Engine) -> None:
    found = finish(store, initializers=["he_normal", "he_uniform"], activations=["relu", "tanh"])
    assert len(found.combinations) == 4
    activations = [each.activation["name"] for each in found.combinations if each.activation]
    assert activations == ["relu", "tanh", "relu", "tanh"]
    assert sorted(each.rank or 0 for each in found.combinations) == [1, 2, 3, 4]
    assert any(each.is_best and each.rank != 1 for each in found.combinations)
    assert "the seeds cannot tell " in found.message


def test_a_lab_whose_jobs_have_not_ended_says_so(store: Engine) -> None:
    asked = lab.read_request({"job": JOB, "initializers": ["zeros"], "depths": [1], "seeds": 2})
    found, _ = lab.submit(store, LIMITS, asked)
    held = lab.study.ledger.claim(store, owner="w", lease_seconds=60)
    assert held is not None
    trained.run_claimed(store, held)
    half = lab.get(store, found.id)
    assert (half.status, half.message) == ("running", "The jobs have not all ended.")
    assert (half.combinations[0].rank, half.combinations[0].is_best) == (None, None)
    assert half.combinations[0].gains[0].forward == 0
    assert half.combinations[0].message.startswith("zeros, 1 layer: the signal is lost")
    assert half.combinations[0].end.seeds == 1
    lab.study.cancel(store, lab.KIND, found.id)
    assert lab.get(store, found.id).status == "cancelled"
    assert found.id in [each.id for each in lab.list_labs(store, limit=50, after=None).data]


@pytest.mark.parametrize(
    ("asked", "place", "words"),
    [
        ({"job": {**JOB, "layers": []}}, "/job/layers", "must be a list of layers"),
        ({"job": {"data": {"builtin": "iris"}}}, "/job/layers", "must be a list of layers"),
        ({"initializers": []}, "/initializers", "at least 1"),
        ({"initializers": ["zeros", "he_norml"]}, "/initializers/1", "did you mean 'he_normal'"),
        ({"initializers": [{"name": "constant", "valu": 1}]}, "/initializers/0/valu", "did you mean 'value'"),
        ({"activations": ["relu", "rellu"]}, "/activations/1", "did you mean 'relu'"),
        ({"initializers": ["zeros"] * 10, "depths": [1, 2, 3], "seeds": 7}, "", "210 jobs, which is more than"),
        ({"job": {**JOB, "layers": [4, 4]}, "depths": [3]}, "/depths", "which is repeated; this one has 2"),
        ({"job": {**JOB, "data": {"builtin": "irs"}}}, "/job/data/builtin", "did you mean 'iris'"),
        ({"seed": 1}, "/seed", "did you mean 'seeds'"),
    ],
)
def test_a_request_that_makes_no_sense_names_its_field(
    store: Engine, asked: dict[str, Any], place: str, words: str
) -> None:
    with pytest.raises(ValidationFailed) as caught:
        lab.submit(store, LIMITS, lab.read_request({"job": JOB, "initializers": ["zeros"], "seeds": 2} | asked))
    assert place in [fault.pointer for fault in caught.value.faults]
    assert words in " ".join(fault.detail for fault in caught.value.faults)
