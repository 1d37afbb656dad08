"""A job says when its training ended, why, and which epoch's weights were kept."""

from typing import Any

from sqlalchemy import Engine

from steelyard.jobs import queries
from steelyard.training import submission
from steelyard.training.estimate import Limits
from steelyard.training.plan import read_job
from steelyard.training.queries import get_job
from steelyard.training.results import list_weights
from steelyard.training.schema.job import Job
from steelyard_worker.outcome import Outcome
from tests.conftest import no_tables
from tests.jobs.test_ledger import claim


def train(engine: Engine, training: dict[str, Any], status: str = "succeeded", epochs: int = 100_000) -> Job:
    document = {"data": {"builtin": "moons", "n_samples": 200, "noise": 0.4}, "layers": [16], "training": training}
    job = submission.submit(engine, read_job(document, limits=Limits(4 << 30), tables=no_tables))
    outcome = Outcome(engine, claim(engine, job.id), queries.load_order(engine, job.id), threads=1)
    outcome.prepare()
    for _ in outcome.run():
        if outcome.make_checkpoint().epoch >= epochs:
            break
    outcome.save(status)
    return get_job(engine, job.id)


def test_a_training_that_no_longer_improves_keeps_its_best_epoch_and_says_so(engine: Engine) -> None:
    job = train(engine, {"epochs": "auto"})
    stopping = job.stopping
    assert stopping is not None
    assert stopping.reason == "early_stopping"
    assert stopping.epoch == job.progress.epoch == stopping.best_epoch + 16
    assert stopping.weights_epoch == stopping.best_epoch == list_weights(engine, job.id).snapshots["final"].epoch
    assert f"val_loss was best after epoch {stopping.best_epoch} (" in stopping.message


def test_epochs_that_are_given_are_trained_and_their_last_weights_kept(engine: Engine) -> None:
    stopping = train(engine, {"epochs": 60}).stopping
    assert stopping is not None
    assert (stopping.reason, stopping.epoch, stopping.weights_epoch) == ("epochs", 60, 60)
    assert "All 60 epochs were trained" in stopping.message
    one = train(engine, {"epochs": 1}).stopping
    assert one is not None
    assert one.message.startswith("The one epoch was trained; val_loss was best after epoch 1")


def test_a_cancelled_training_says_where_it_was(engine: Engine) -> None:
    stopping = train(engine, {"epochs": 50}, "cancelled", epochs=2).stopping
    assert stopping is not None
    assert (stopping.reason, stopping.epoch, stopping.weights_epoch) == ("cancelled", 2, 2)


def test_a_job_that_has_not_ended_or_failed_has_no_stopping(engine: Engine) -> None:
    assert train(engine, {"epochs": 3}, "failed").stopping is None
    document = {"data": {"builtin": "iris"}, "layers": [4], "training": {"epochs": 3}}
    job = submission.submit(engine, read_job(document, limits=Limits(4 << 30), tables=no_tables))
    assert job.stopping is None
