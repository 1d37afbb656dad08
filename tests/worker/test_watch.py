"""Findings while a job runs: told once, and the same after a crash."""

from typing import Any

from sqlalchemy import Engine

from steelyard.jobs import ledger, queries
from steelyard.jobs.feed import Cursor, read_feed
from steelyard.nn.training.loop import Epoch
from steelyard.training import submission
from steelyard.training.kind import TRAINING
from steelyard.training.queries import get_job
from steelyard_worker.outcome import Outcome
from steelyard_worker.recorder import Recorder
from tests.trained import read, run, train

SIGMOIDS: list[dict[str, Any]] = [{"type": "dense", "units": 16, "activation": "sigmoid"}] * 10
DEEP: dict[str, Any] = {
    "data": {"builtin": "iris"},
    "layers": SIGMOIDS,
    "optimizer": {"name": "sgd", "learning_rate": 1e-5},
    "training": {"epochs": 12, "batch_size": 16},
}
GOOD = DEEP | {"layers": [16], "optimizer": {"name": "adam", "learning_rate": 0.01}}


def begin(engine: Engine, job_id: str) -> tuple[ledger.Claim, Outcome, Recorder]:
    held = ledger.claim(engine, owner="w", lease_seconds=60)
    assert held is not None
    outcome = Outcome(engine, held, queries.load_order(engine, job_id), threads=1)
    outcome.prepare()
    size, observer = outcome.state_bytes, outcome.observer
    return held, outcome, Recorder(engine, held, outcome.make_checkpoint, state_bytes=size, observer=observer)


def train_until(engine: Engine, job_id: str, epoch: int, *, every: int = 1, checkpoint: int = 0) -> ledger.Claim:
    """Train and write after `every` epochs, up to the end of `epoch`, and leave the job as a lost run does."""
    held, outcome, recorder = begin(engine, job_id)
    for event in outcome.run():
        recorder.take(event, outcome.train_seconds)
        if isinstance(event, Epoch) and event.epoch % every == 0:
            recorder.write(with_checkpoint=event.epoch == checkpoint)
        if event.epoch > epoch:
            break
    return held


def told(engine: Engine, job_id: str) -> list[dict[str, Any]]:
    """The data of the events about findings, in a client's order."""
    feed = read_feed(engine, job_id, TRAINING, Cursor())
    return [each.event.data for each in feed.happened if each.event.type == "finding"]


def test_a_finding_is_told_while_the_job_runs(engine: Engine) -> None:
    job_id = submission.submit(engine, read(engine, DEEP)).id
    held = train_until(engine, job_id, 6)
    [finding] = told(engine, job_id)
    assert (finding["code"], finding["level"], finding["epoch"]) == ("vanishing_gradients", "warning", 0)
    job = get_job(engine, job_id)
    assert (job.status, [each.code for each in job.findings]) == ("running", ["vanishing_gradients"])
    ledger.lose(engine, held, "killed", is_crash=False)
    assert run(engine, job_id).status == "succeeded"


def test_it_is_told_once_and_stays_at_the_end(engine: Engine) -> None:
    expected = train(engine, DEEP)
    job_id = submission.submit(engine, read(engine, DEEP)).id
    held = train_until(engine, job_id, 8, every=2, checkpoint=4)
    ledger.lose(engine, held, "killed", is_crash=False)
    before = told(engine, job_id)
    held = train_until(engine, job_id, 11)  # from the checkpoint on, what was told is found again
    assert told(engine, job_id) == before
    ledger.lose(engine, held, "killed", is_crash=False)
    job = run(engine, job_id)
    assert [each.code for each in job.findings] == [each.code for each in expected.findings]
    codes = [each["code"] for each in told(engine, job_id)]
    assert sorted(codes) == sorted(each.code for each in job.findings)
    assert codes[0] == "vanishing_gradients"


def test_when_progress_is_written_does_not_change_what_is_told(engine: Engine) -> None:
    found = []
    for every in (1, 6):
        job_id = submission.submit(engine, read(engine, DEEP)).id
        held = train_until(engine, job_id, 6, every=every)
        [data] = told(engine, job_id)
        found.append({**data, "evidence": None})
        ledger.lose(engine, held, "killed", is_crash=False)
        run(engine, job_id)
    assert found[0] == found[1]


def test_a_network_that_learns_has_nothing_told(engine: Engine) -> None:
    job_id = submission.submit(engine, read(engine, GOOD)).id
    held = train_until(engine, job_id, 8)
    assert told(engine, job_id) == []
    ledger.lose(engine, held, "killed", is_crash=False)
    run(engine, job_id)
