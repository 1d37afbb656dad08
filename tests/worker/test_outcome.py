"""How often a run writes to the database, and what it stores of an ensemble and of a refit."""

import time
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, event

from steelyard.inference.service import Predictor, load_model
from steelyard.jobs import queries
from steelyard.nn.training.loop import Training
from steelyard.training import submission
from steelyard.training.assemble import draw_network, prepare, spawn_streams
from steelyard.training.estimate import Limits
from steelyard.training.plan import read_job
from steelyard.training.queries import get_history, get_job
from steelyard.training.results import list_weights, open_predictions
from steelyard.training.sources import load_data
from steelyard_worker.outcome import Outcome
from steelyard_worker.recorder import Recorder
from tests.conftest import no_tables
from tests.jobs.test_ledger import claim
from tests.service import SMALLEST
from tests.trained import read, train, weights

SECONDS = 3.0


def test_a_run_writes_at_most_twice_a_second_and_once_for_its_end(engine: Engine) -> None:
    document: dict[str, Any] = {**SMALLEST, "layers": [64, 64], "training": {"epochs": 100_000}}
    job = submission.submit(engine, read_job(document, limits=Limits(4 << 30), tables=no_tables))
    held = claim(engine, job.id)
    outcome = Outcome(engine, held, queries.load_order(engine, job.id), threads=1)
    written: list[float] = []
    listener = partial(note, written)
    event.listen(engine, "commit", listener)
    outcome.prepare()
    assert written == []  # a first run has nothing to take back
    recorder = Recorder(engine, held, outcome.make_checkpoint, state_bytes=outcome.state_bytes)
    events = outcome.run()
    next(events)  # the compiled kernels are loaded by then
    started = time.monotonic()
    for happened in events:
        recorder.take(happened, outcome.train_seconds)
        if time.monotonic() - started > SECONDS:
            break
    while_training, ended = len(written), time.monotonic()
    outcome.save("succeeded", epochs=recorder.unwritten)
    event.remove(engine, "commit", listener)
    assert 1 < while_training <= 1 + 2 * (ended - started)
    assert len(written) == while_training + 1
    history = get_history(engine, job.id).epochs
    assert history == list(range(1, get_job(engine, job.id).progress.epoch + 1))


def note(written: list[float], _: Any) -> None:
    """A transaction was committed."""
    written.append(time.monotonic())


MOONS = {
    "data": {"builtin": "moons", "n_samples": 200, "noise": 0.4},
    "layers": [8],
    "optimizer": {"name": "adam", "learning_rate": 0.02},
    "test": {"fraction": 0.2},
    "training": {"epochs": 60, "early_stopping": {"patience": 3}},
}
ENSEMBLE = MOONS | {"ensemble": 3}
REFIT = MOONS | {"training": {"epochs": 60, "early_stopping": {"patience": 3}, "refit": True}}


def test_an_ensemble_has_the_weights_of_each_member_the_first_as_the_job_alone(engine: Engine) -> None:
    alone, several = train(engine, MOONS), train(engine, ENSEMBLE)
    listed = list_weights(engine, several.id).snapshots
    assert [name for name in listed if not name.startswith("epoch-")] == ["initial", "best", "final"]
    names = [tensor.name for tensor in listed["final"].tensors]
    assert len(names) == 12
    of_a_member = ["dense_1/kernel", "dense_1/bias", "output/kernel", "output/bias"]
    assert names[:5] == [*(f"member_1.{name}" for name in of_a_member), "member_2.dense_1/kernel"]
    assert several.parameters == 3 * alone.parameters
    found = weights(engine, several.id)
    for name, tensor in weights(engine, alone.id).items():
        assert found[f"member_1.{name}"].tobytes() == tensor.tobytes()
        assert name.endswith("bias") or not np.array_equal(found[f"member_2.{name}"], tensor)


def test_an_ensemble_answers_with_the_mean_of_its_members(engine: Engine) -> None:
    job = train(engine, ENSEMBLE)
    assert job.model is not None
    model = load_model(engine, job.model)
    x = np.random.default_rng(0).normal(size=(30, 2)).astype(np.float32)
    mean = np.mean([member.predict(x) for member in model.network.members], axis=0)
    said = Predictor(engine).predict(job.model, b'{"inputs": [[0.5, 0.1], [1.5, -0.5]]}')
    assert len(said.predictions) == 2
    probabilities = model.answer(x).probabilities
    assert probabilities is not None
    np.testing.assert_allclose(probabilities[:, 1:], mean, rtol=1e-5)
    rows = [row for block in open_predictions(engine, job.id, "test", limit=40).rows for row in block]
    right = [row["prediction"] == row["target"] for row in rows]
    assert job.metrics["test"]["accuracy"] == pytest.approx(np.mean(right))


def test_the_job_of_an_ensemble_tells_where_each_member_stopped(engine: Engine) -> None:
    stopping = train(engine, ENSEMBLE).stopping
    assert stopping is not None
    assert stopping.members is not None
    kept = [member.weights_epoch for member in stopping.members]
    assert len({*kept}) > 1
    assert stopping.weights_epoch == max(kept)
    assert f"the weights of the 3 members are those of the epochs {kept[0]}, {kept[1]}, {kept[2]}." in stopping.message


def test_a_refit_gives_the_weights_of_a_job_that_has_no_rows_for_validation(engine: Engine) -> None:
    first, again = train(engine, MOONS), train(engine, REFIT)
    assert first.stopping is not None
    assert again.stopping is not None
    assert again.stopping.refit is not None
    epochs = first.stopping.weights_epoch
    assert (again.stopping.refit.rows, again.stopping.refit.epochs) == (160, [epochs])
    begin = first.stopping.message.removesuffix(".")
    assert again.stopping.message.startswith(f"{begin}; then it was repeated on all 160 rows for training and")
    assert list_weights(engine, again.id).snapshots["final"].epoch == epochs
    assert again.metrics["validation"] == first.metrics["validation"]  # of weights that had not seen these rows
    assert again.metrics["test"] != first.metrics["test"]
    assert get_history(engine, again.id).series["loss"] == get_history(engine, first.id).series["loss"]
    assert weights(engine, again.id, "initial").keys() == weights(engine, first.id, "initial").keys()
    for name, tensor in weights(engine, first.id, "best").items():
        assert weights(engine, again.id, "best")[name].tobytes() == tensor.tobytes()
    # The same rows, encoded in the same way: the two splits are named by a column of the data set.
    assert trained_on_all(engine, epochs) == {
        name: tensor.tobytes() for name, tensor in weights(engine, again.id).items()
    }


def trained_on_all(engine: Engine, epochs: int) -> dict[str, bytes]:
    """The weights of the same training on the rows for training and validation, made by hand."""
    spec = read(engine, REFIT).spec
    streams = spawn_streams(spec)
    prepared = prepare(spec, load_data(spec, None, no_tables), streams[0])
    network = draw_network(spec, prepared, streams)
    parts = [prepared.parts["train"], prepared.parts["validation"]]
    order = np.argsort(np.concatenate([part.rows for part in parts]))
    x, y = (np.concatenate([np.asarray(getattr(part, axis)) for part in parts])[order] for axis in ("x", "y"))
    [member] = network.members
    optimizer, loss = spec.make_optimizer(), spec.make_loss()
    training = Training(member, loss, optimizer, x, y, epochs=epochs, batch_size=spec.batch_size, streams=streams[0])
    for _ in training.run():
        pass
    return {name: tensor.tobytes() for name, tensor in member.tensors().items()}


@pytest.mark.parametrize(
    ("document", "share"),
    [(ENSEMBLE, 0.3), (ENSEMBLE, 0.9), (REFIT, 0.8), (REFIT | {"ensemble": 2}, 0.9)],
    ids=["ensemble", "ensemble, late", "refit", "both"],
)
def test_going_on_from_any_checkpoint_gives_the_same_weights(
    engine: Engine, document: dict[str, Any], share: float
) -> None:
    whole = train(engine, document)
    job = submission.submit(engine, read(engine, document))
    held = claim(engine, job.id)
    lost = Outcome(engine, held, queries.load_order(engine, job.id), threads=1)
    lost.prepare()
    events = len([*lost.run()])
    lost = Outcome(engine, held, queries.load_order(engine, job.id), threads=1)
    lost.prepare()
    recorder = Recorder(engine, held, lost.make_checkpoint, state_bytes=lost.state_bytes)
    for happened in islice(lost.run(), int(share * events)):
        recorder.take(happened, lost.train_seconds)
    recorder.write(with_checkpoint=True)
    resumed = Outcome(engine, held, queries.load_order(engine, job.id), threads=2)
    resumed.prepare()
    recorder = Recorder(engine, held, resumed.make_checkpoint, state_bytes=resumed.state_bytes)
    for happened in resumed.run():
        recorder.take(happened, resumed.train_seconds)
    resumed.save("succeeded", epochs=recorder.unwritten)
    again = get_job(engine, job.id)
    assert again.weights_sha256 == whole.weights_sha256
    assert again.metrics == whole.metrics
    assert again.stopping == whole.stopping
    series = [get_history(engine, each.id).series for each in (whole, again)]
    assert series[0]["loss"] == series[1]["loss"]


def test_a_refit_that_is_cancelled_leaves_the_weights_from_before(engine: Engine) -> None:
    first = train(engine, MOONS)
    job = submission.submit(engine, read(engine, REFIT))
    outcome = Outcome(engine, claim(engine, job.id), queries.load_order(engine, job.id), threads=1)
    outcome.prepare()
    for _ in outcome.run():
        if b"refit/parameters" in outcome.make_checkpoint().content:
            break
    else:
        raise AssertionError("there was no refit")
    outcome.save("cancelled")
    assert get_job(engine, job.id).weights_sha256 == first.weights_sha256
