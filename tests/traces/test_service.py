"""A trace shows the step that the trainer makes, for every part of the trainer."""

from functools import partial
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine

from steelyard.datasets import library
from steelyard.documents.writer import to_values
from steelyard.errors import NotFound, ValidationFailed
from steelyard.nn.component import Part
from steelyard.nn.ensemble import AnyNetwork
from steelyard.nn.training.loop import Epoch
from steelyard.traces.service import Tracer
from steelyard.training.assemble import build_training, draw_network, prepare, spawn_streams
from steelyard.training.components import REGISTRIES
from steelyard.training.sources import load_data
from tests import trained
from tests.traces.jobs import job_with, plain, rows

PARTS = [(family, part) for family, registry in REGISTRIES.items() for part in registry if family != "metrics"]


def trace(tracer: Tracer, document: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = to_values(tracer.trace(document))
    return answer


def begin(store: Engine, job: dict[str, Any]) -> tuple[AnyNetwork, Any]:
    """The network and the training of a job, as a worker begins it."""
    plan = trained.read(store, job)
    streams = spawn_streams(plan.spec)
    supervised = load_data(plan.spec, plan.inline, partial(library.load_table, store))
    prepared = prepare(plan.spec, supervised, streams[0])
    network = draw_network(plan.spec, prepared, streams)
    return network, build_training(plan.spec, prepared, network, streams)


def tensors(answer: dict[str, Any], when: str) -> dict[str, np.ndarray]:
    dtype = answer["spec"]["training"]["dtype"]
    every = [tensor for layer in answer["layers"] for tensor in layer["tensors"]]
    return {tensor["name"]: np.array(tensor[when], dtype) for tensor in every}


def require_equal(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    assert {name: tensor.tobytes() for name, tensor in found.items()} == {
        name: tensor.tobytes() for name, tensor in expected.items()
    }


CASES = [(*each, "float32") for each in PARTS] + [(*each, "float64") for each in PARTS if each[0] == "layers"]


@pytest.mark.parametrize(
    ("family", "part", "dtype"), CASES, ids=[f"{family}-{part.name}-{dtype}" for family, part, dtype in CASES]
)
def test_the_step_is_the_trainers_bit_for_bit(
    tracer: Tracer, store: Engine, family: str, part: type[Part], dtype: str
) -> None:
    job = job_with(family, part)
    job["training"] |= {"dtype": dtype}
    answer = trace(tracer, job)
    network, training = begin(store, job)
    require_equal(tensors(answer, "before"), network.tensors())
    assert len([*training.run()]) == 2, "a batch and the epoch"
    require_equal(tensors(answer, "after"), network.tensors())
    assert answer["made"]
    assert answer["engine"]["name"] == training.engine
    assert answer["engine"]["largest_difference"] < 1e-5
    assert answer["check"]["verdict"] in ("agrees", "kink")
    assert answer["check"]["checked"] == answer["check"]["of"] > 0
    assert answer["check"]["largest_relative_error"] < 1e-6


def test_dropout_and_noise_are_those_of_the_step(tracer: Tracer) -> None:
    layers = [4, {"type": "dropout", "rate": 0.5}, {"type": "gaussian_noise", "stddev": 0.3}]
    answer = trace(tracer, plain(layers=layers, optimizer="adam"))
    dense, dropout, noise, _ = answer["layers"]
    mask = np.array(dropout["intermediates"]["mask"])
    assert {*mask.ravel()} == {0.0, 2.0}
    np.testing.assert_allclose(dropout["outputs"]["values"], np.array(dense["outputs"]["values"]) * mask)
    moved = np.array(noise["outputs"]["values"]) - dropout["outputs"]["values"]
    np.testing.assert_allclose(noise["intermediates"]["noise"], moved, atol=1e-6)
    assert 0.2 < moved.std() < 0.4
    assert answer["check"]["verdict"] == "agrees"


def test_numbers_follow_their_formulas(tracer: Tracer) -> None:
    job = plain(regularizer={"name": "l2", "l2": 0.1}, training={"batch_size": 8, "dtype": "float64", "epochs": 1})
    answer = trace(tracer, job)
    hidden, output = answer["layers"]
    kernel, bias = hidden["tensors"]
    x, w, b = (np.array(each) for each in (answer["inputs"], kernel["before"], bias["before"]))
    z = x @ w + b
    np.testing.assert_allclose(hidden["weighted_sums"]["values"], z)
    a = np.tanh(z)
    np.testing.assert_allclose(hidden["outputs"]["values"], a)
    v = np.array(output["tensors"][0]["before"])
    y = a @ v + output["tensors"][1]["before"]
    t = np.array(answer["targets"])
    np.testing.assert_allclose(answer["loss"]["rows"], ((y - t) ** 2).mean(axis=1))
    assert answer["loss"]["mean"] == pytest.approx(((y - t) ** 2).mean())
    assert answer["loss"]["penalty"] == pytest.approx(0.1 * ((w**2).sum() + (v**2).sum()))
    assert answer["loss"]["total"] == pytest.approx(answer["loss"]["mean"] + answer["loss"]["penalty"])
    g = 2 * (y - t) / len(x)
    np.testing.assert_allclose(output["output_gradients"]["values"], g)
    d = g @ v.T * (1 - a**2)
    np.testing.assert_allclose(hidden["weighted_sum_gradients"]["values"], d)
    np.testing.assert_allclose(kernel["gradients"]["values"], x.T @ d)
    np.testing.assert_allclose(kernel["penalty"]["gradients"]["values"], 0.2 * w, atol=1e-12)
    np.testing.assert_allclose(kernel["applied_gradients"]["values"], x.T @ d + 0.2 * w)
    rate = answer["optimizer"]["learning_rate"]
    np.testing.assert_allclose(kernel["after"], w - rate * (x.T @ d + 0.2 * w))
    assert hidden["outputs"]["formula"] == "f(z) = tanh(z)"
    assert hidden["outputs"]["latex"] == r"f(z) = \tanh(z)"
    assert len(answer["rows"]) == 8
    assert "penalty" not in bias


def test_rows_that_count_differently_do_so_in_the_trace(tracer: Tracer) -> None:
    job = plain(data=rows("binary"), task="binary", training={"batch_size": 8, "class_weight": "balanced", "epochs": 1})
    loss = trace(tracer, job)["loss"]
    assert len({*loss["row_weights"]}) == 2
    assert loss["mean"] == pytest.approx(np.average(loss["rows"], weights=loss["row_weights"]), rel=1e-5)


def test_the_learning_rate_is_the_schedules(tracer: Tracer) -> None:
    schedule = {"name": "cosine", "warmup_epochs": 2}
    step = trace(tracer, plain(training={"epochs": 5, "batch_size": 8, "schedule": schedule}))["optimizer"]
    assert (step["learning_rate"], step["schedule"]["name"]) == (0.0, "cosine")
    assert step["coefficients"]["rate"] == 0.0


def test_a_step_that_cannot_be_made_is_shown_as_far_as_it_goes(tracer: Tracer) -> None:
    inline = {"inline": {"x": [[1e38, 1e38], [-1e38, 1e38]], "y": [1.0, 2.0]}}
    answer = trace(tracer, plain(data=inline, preprocessing={"numeric": "none", "target": "none"}, activation="relu"))
    assert not answer["made"]
    assert answer["loss"]["total"] is None
    assert answer["check"]["verdict"] == "skipped"
    require_equal(tensors(answer, "before"), tensors(answer, "after"))


def test_a_large_network_says_which_weights_were_checked(tracer: Tracer) -> None:
    data = {"builtin": "digits"}
    answer = trace(tracer, {"data": data, "layers": [100, 30], "training": {"batch_size": 64, "epochs": 1}})
    kernel = answer["layers"][0]["tensors"][0]
    assert 10 < kernel["check"]["checked"] == len(kernel["check"]["weights"]) < kernel["check"]["of"] == 6400
    largest = np.unravel_index(np.abs(kernel["gradients"]["values"]).argmax(), (64, 100))
    assert [*largest] in [weight["index"] for weight in kernel["check"]["weights"]]
    assert kernel["check"]["direction"]["verdict"] == answer["check"]["verdict"] == "agrees"


@pytest.mark.parametrize(
    ("change", "place", "words"),
    [
        ({"name": "mine"}, "/name", "a trace is not stored, so it has no name"),
        ({"webhook": {"url": "https://example.com"}}, "/webhook", "there is nothing to notify"),
        ({"metadata": {}}, "/metadata", "it has no metadata"),
        ({"layers": [4000]}, "/layers", "of 16,001 weights; a trace shows at most 10,000"),
        ({"training": {"batch_size": 65, "epochs": 1}}, "/training/batch_size", "a step of 65 rows"),
        ({"optimizer": "lbfgs", "training": {"epochs": 1}}, "/optimizer", "a step of 100 rows"),
        ({"ensemble": 3}, "/ensemble", "has 3 networks; a trace shows one"),
        ({"activation": "rely"}, "/activation", "did you mean 'relu'"),
        ({"epoch": 3}, "/epoch", "is not a known field"),
    ],
)
def test_a_job_that_cannot_be_traced_is_rejected(
    tracer: Tracer, change: dict[str, Any], place: str, words: str
) -> None:
    job = plain(data={"builtin": "moons", "n_samples": 100}, task="auto", preprocessing={}) | change
    with pytest.raises(ValidationFailed) as caught:
        tracer.trace(job)
    assert [fault.pointer for fault in caught.value.faults] == [place]
    assert words in caught.value.faults[0].detail


def test_a_trace_starts_from_a_model_as_a_job_does(tracer: Tracer, store: Engine) -> None:
    model = trained.train_model(store, plain(optimizer="nadam"))
    start = {"model": model, "optimizer_state": True}
    answer = trace(tracer, plain(optimizer="nadam", initial_weights=start))
    job = trained.train(store, plain(optimizer="nadam", initial_weights=start))
    assert answer["engine"]["largest_difference"] < 1e-6
    assert answer["optimizer"]["scalars_before"] != answer["optimizer"]["scalars_after"]
    require_equal(tensors(answer, "after"), trained.weights(store, job.id))
    assert (answer["optimizer"]["step"], answer["optimizer"]["state"]) == (2, "stored")


def test_a_step_of_a_stored_job_is_the_one_that_it_made(tracer: Tracer, store: Engine) -> None:
    once, twice = (
        trained.train(store, plain(optimizer="adam", training={"epochs": epochs, "batch_size": 64}))
        for epochs in (1, 2)
    )
    first = trace(tracer, {"job": twice.id})
    require_equal(tensors(first, "after"), trained.weights(store, once.id))
    assert (first["job"], first["epoch"], first["optimizer"]["state"], first["notes"]) == (twice.id, 0, "new", [])
    second = trace(tracer, {"job": once.id, "snapshot": "final"})
    require_equal(tensors(second, "after"), trained.weights(store, twice.id))
    assert (second["epoch"], second["optimizer"]["step"], second["optimizer"]["state"]) == (1, 2, "stored")
    assert trace(tracer, {"job": once.id, "epoch": 1})["layers"] == second["layers"]


def test_a_step_from_a_recorded_epoch_starts_from_its_weights(tracer: Tracer, store: Engine) -> None:
    training = {"epochs": 8, "batch_size": 8}
    job = trained.train(store, plain(training=training))
    by_epoch, by_name = (trace(tracer, {"job": job.id} | asked) for asked in ({"epoch": 3}, {"snapshot": "epoch-3"}))
    assert by_epoch == by_name
    assert (by_epoch["epoch"], by_epoch["optimizer"]["state"], len(by_epoch["notes"])) == (3, "new", 0)
    network, early = begin(store, plain(training=training))
    for event in early.run():
        if isinstance(event, Epoch) and event.epoch == 3:
            break
    require_equal(tensors(by_epoch, "before"), network.tensors())
    rest = early.run()
    early._steps.stride = 1
    next(rest)
    require_equal(tensors(by_epoch, "after"), network.tensors())  # of sgd, which keeps no state


def test_a_step_from_a_recorded_epoch_has_the_learning_rate_of_its_time(tracer: Tracer, store: Engine) -> None:
    schedule = {"name": "exponential", "gamma": 0.5}
    job = trained.train(store, plain(training={"epochs": 4, "batch_size": 8, "schedule": schedule}))
    for epoch, rate in ((0, 0.01), (2, 0.0025), (3, 0.00125)):
        found = trace(tracer, {"job": job.id, "epoch": epoch})["optimizer"]
        assert found["learning_rate"] == pytest.approx(rate)


def test_rows_of_a_stored_job_can_be_chosen(tracer: Tracer, store: Engine) -> None:
    job = trained.train(store, plain(validation={"fraction": 0.3}))
    answer = trace(tracer, {"job": job.id, "rows": [5, 0, 5]})
    x = rows("regression")["inline"]["x"]
    assert answer["rows"] == [5, 0, 5]
    np.testing.assert_allclose(answer["inputs"], [x[5], x[0], x[5]], rtol=1e-6)
    assert answer["check"]["verdict"] == "agrees"
    require_equal(tensors(answer, "before"), trained.weights(store, job.id, "initial"))


def test_what_is_not_stored_is_made_anew_and_noted(tracer: Tracer, store: Engine) -> None:
    early = {"monitor": "loss", "patience": 1, "min_delta": 100.0}
    job = trained.train(
        store,
        plain(
            optimizer="adam",
            layers=[4, {"type": "dropout"}],
            training={"epochs": 9, "batch_size": 8, "early_stopping": early},
        ),
    )
    answer = trace(tracer, {"job": job.id, "snapshot": "best"})
    assert (answer["epoch"], answer["optimizer"]["step"], answer["optimizer"]["state"]) == (1, 1, "new")
    assert len(answer["notes"]) == 2


@pytest.mark.parametrize(
    ("asked", "place", "words"),
    [
        ({"epoch": 7}, "/epoch", "is 7; weights of the job are stored after these epochs: 0, 1"),
        ({"snapshot": "epoch-7"}, "/snapshot", "is 'epoch-7'; the job has"),
        ({"snapshot": "best", "epoch": 1}, "/snapshot", "is given together with 'epoch'"),
        ({"rows": [0, 99]}, "/rows/1", "is 99, which is not a row of the job's data"),
        ({"rows": []}, "/rows", "must be a list of at least 1 entries"),
        ({"layers": [3]}, "/layers", "is not a known field"),
    ],
)
def test_what_a_stored_job_does_not_have_is_an_error(
    tracer: Tracer, store: Engine, asked: dict[str, Any], place: str, words: str
) -> None:
    job = trained.train(store, plain())
    with pytest.raises(ValidationFailed) as caught:
        tracer.trace({"job": job.id} | asked)
    assert [fault.pointer for fault in caught.value.faults] == [place]
    assert words in caught.value.faults[0].detail


def test_a_job_that_is_not_there_is_not_found(tracer: Tracer) -> None:
    with pytest.raises(NotFound, match="there is no job"):
        tracer.trace({"job": "job_00000000000000000000000000"})
