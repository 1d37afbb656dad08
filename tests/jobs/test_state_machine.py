"""Any sequence of what clients, workers, reapers and crashes do, against a model of the life of a job."""

import time
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine, delete, func, select, update

from steelyard.errors import Conflict, FencedOff, NotFound
from steelyard.jobs import ledger, resumption
from steelyard.jobs.checkpoints import Checkpoint
from steelyard.jobs.ledger import CRASHES_BEFORE_FAILURE, Claim
from steelyard.jobs.queue import count_claimable
from steelyard.jobs.states import ENDED, LEGAL
from steelyard.jobs.webhooks import outbox
from steelyard.jobs.webhooks.outbox import Outcome
from steelyard.store.engine import reading, writing
from steelyard.store.tables import Checkpoint as Part
from steelyard.store.tables import HistoryEpoch, Job, Model, Webhook
from steelyard.training.kind import TRAINING
from steelyard.training.results import NewModel, save_result
from steelyard_worker.kinds import KINDS
from tests.jobs.test_ledger import end
from tests.jobs.webhooks.test_outbox import submit

BACK = st.sampled_from([1, 1, 1, 1, 2, 2, 3, 6])
LOSSES = 5  # before failure, here
INTERNAL = {"type": "/problems/internal", "title": "Internal error", "detail": "internal error"}


@dataclass
class Expected:
    """What the model says of one job."""

    status: str = "queued"
    fence: int = 0
    attempt: int = 1
    crashes: int = 0
    losses: int = 0
    may_resume: bool = False
    called_off: bool = False
    epochs: int = 0
    checkpoint: int | None = None
    told: int = 0
    seen: list[str] = field(default_factory=list)


class Life(RuleBasedStateMachine):
    """Clients and workers in any order. A worker that crashes is one of which nothing more is heard."""

    engine: Engine
    jobs = Bundle("jobs")

    def __init__(self) -> None:
        super().__init__()
        self.expected: dict[str, Expected] = {}
        self.claims: list[Claim] = []
        with writing(self.engine) as connection:
            connection.execute(delete(Job))

    @precondition(lambda self: len(self.expected) < 2)  # few jobs, of which much is asked
    @rule(target=jobs)
    def submit(self) -> str:
        time.sleep(0.002)  # SQLite's clock has milliseconds, and the oldest goes first
        job_id = submit(self.engine)
        self.expected[job_id] = Expected(seen=["queued"])
        return job_id

    @rule()
    def claim(self) -> None:
        held = ledger.claim(self.engine, owner="w", lease_seconds=1000)
        waiting = [job_id for job_id, job in self.expected.items() if job.status == "queued"]
        if not waiting:
            assert held is None
            return
        assert held is not None
        assert held.job_id == min(waiting, key=lambda job_id: self.expected[job_id].fence == 0)  # else the oldest
        job = self.expected[held.job_id]
        job.status, job.fence = "running", job.fence + 1
        assert (held.fence, held.attempt) == (job.fence, job.attempt)
        job.epochs = job.checkpoint or 0
        ledger.rewind(self.engine, held, epoch=job.epochs, train_seconds=0.0)
        self.claims.append(held)

    # Acts of one kind are one rule, so that no kind crowds out the others: a job shall be lost thrice before it ends.
    @precondition(lambda self: self.claims)
    @rule(back=BACK, act=st.sampled_from(["heartbeat", "record", "checkpoint"]))
    def work(self, back: int, act: str) -> None:
        held = self.claimed(back)
        acts = {"heartbeat": self.heartbeat, "record": self.record}
        acts.get(act, partial(self.record, with_checkpoint=True))(held)

    @precondition(lambda self: self.claims)
    @rule(back=BACK, act=st.sampled_from(["drain", "die", "die along", "expire"]))
    def lose(self, back: int, act: str) -> None:
        acts = {"drain": self.drain, "die": self.die, "die along": self.die_along, "expire": self.expire}
        acts[act](self.claimed(back))

    @precondition(lambda self: self.claims)
    @rule(back=BACK, job_id=jobs, act=st.sampled_from(["succeed", "fail", "cancel", "resume", "remove"]))
    def end(self, back: int, job_id: str, act: str) -> None:
        if act in ("cancel", "resume", "remove"):
            {"cancel": self.cancel, "resume": self.resume, "remove": self.remove}[act](job_id)
        else:
            self.finish(self.claimed(back), "succeeded" if act == "succeed" else "failed")

    def claimed(self, back: int) -> Claim:
        """One of the last claims: most of them hold, some have long been somebody else's."""
        return self.claims[-min(back, len(self.claims))]

    def write(self, held: Claim, change: Any) -> bool:
        """Whether the run may write; if not, it must be told so and change nothing."""
        job = self.expected.get(held.job_id)
        if job is not None and job.status == "running" and job.fence == held.fence:
            change()
            return True
        with pytest.raises(FencedOff):
            change()
        return False

    def heartbeat(self, held: Claim) -> None:
        self.write(held, lambda: ledger.renew(self.engine, held, lease_seconds=1000))

    def record(self, held: Claim, *, with_checkpoint: bool = False) -> None:
        job = self.expected.get(held.job_id, Expected())
        epoch = job.epochs + 1
        checkpoint = Checkpoint(epoch, epoch, b"state") if with_checkpoint else None
        epochs = [(epoch, {"loss": 1.0})]
        if self.write(held, lambda: ledger.record(self.engine, held, epochs, train_seconds=1, checkpoint=checkpoint)):
            job.epochs = epoch
            if with_checkpoint:
                job.crashes, job.losses, job.checkpoint = 0, 0, epoch

    def finish(self, held: Claim, status: str = "succeeded") -> None:
        model = NewModel({}, {}) if status == "succeeded" else None
        made: dict[str, Any] = {"snapshots": [], "predictions": [], "model": model}
        error = INTERNAL if status == "failed" else None
        if self.write(held, lambda: save_result(self.engine, held, end(status, error), **made)):
            job = self.expected[held.job_id]
            job.status, job.may_resume = status, False

    def drain(self, held: Claim) -> None:
        if self.write(held, lambda: ledger.release(self.engine, held, "the worker stops")):
            job = self.expected[held.job_id]
            job.status = "cancelled" if job.called_off else "queued"
            job.may_resume = job.called_off

    def die(self, held: Claim) -> None:
        """The training process dies, and its supervisor says so."""
        if self.write(held, lambda: ledger.lose(self.engine, held, "killed by SIGKILL")):
            self.lost(held.job_id, is_crash=True)

    def die_along(self, held: Claim) -> None:
        """The training process dies with its fork server."""
        if self.write(held, lambda: ledger.lose(self.engine, held, "the fork server died", is_crash=False)):
            self.lost(held.job_id, is_crash=False)

    def expire(self, held: Claim) -> None:
        """The whole worker is gone, or does not answer: the lease runs out, and somebody notices, or two do."""
        with writing(self.engine) as connection:
            this = (Job.id == held.job_id, Job.fence == held.fence, Job.status == "running")
            connection.execute(update(Job).where(*this).values(lease_expires_at=0))
        job = self.expected.get(held.job_id)
        is_running = job is not None and job.status == "running" and job.fence == held.fence
        assert list(ledger.reap(self.engine)) == ([held.job_id] if is_running else [])
        assert not ledger.reap(self.engine)
        if is_running:
            self.lost(held.job_id, is_crash=False)

    def lost(self, job_id: str, *, is_crash: bool) -> None:
        job = self.expected[job_id]
        job.crashes += is_crash
        job.losses += not is_crash
        too_often = job.crashes >= CRASHES_BEFORE_FAILURE if is_crash else job.losses >= LOSSES
        job.status = "failed" if too_often else "queued"
        if job.called_off:
            job.status = "cancelled"
        job.may_resume = job.status in ENDED
        if job.status == "queued":
            job.attempt += 1
            with writing(self.engine) as connection:  # the back-off goes by
                connection.execute(update(Job).where(Job.id == job_id).values(available_at=0))

    def cancel(self, job_id: str) -> None:
        job = self.expected.get(job_id)
        if job is None or job.status in ENDED:
            with pytest.raises(Conflict if job is not None else NotFound):
                ledger.request_cancel(self.engine, job_id, TRAINING)
            return
        ledger.request_cancel(self.engine, job_id, TRAINING)
        job.called_off = True
        if job.status == "queued":
            job.status = "cancelled"
            job.may_resume = True

    def resume(self, job_id: str) -> None:
        job = self.expected.get(job_id)
        if job is None or job.status not in ENDED or not job.may_resume:
            with pytest.raises(Conflict if job is not None else NotFound):
                resumption.resume(self.engine, job_id, TRAINING)
            return
        resumption.resume(self.engine, job_id, TRAINING)
        job.status, job.attempt = "queued", job.attempt + 1
        job.crashes = job.losses = job.told = 0
        job.called_off = job.may_resume = False

    def remove(self, job_id: str) -> None:
        job = self.expected.get(job_id)
        if job is None or job.status == "running":
            with pytest.raises(Conflict if job is not None else NotFound):
                ledger.remove(self.engine, job_id, TRAINING)
            return
        ledger.remove(self.engine, job_id, TRAINING)
        del self.expected[job_id]

    @rule()
    def ring(self) -> None:
        """No waiting job is forgotten: a worker that looks at the queue sees it."""
        waiting = [job for job in self.expected.values() if job.status == "queued"]
        assert count_claimable(self.engine, limit=100) == len(waiting)

    @rule()
    def deliver(self) -> None:
        for delivery in outbox.take(self.engine, outbox.find_due(self.engine, limit=100, host_limit=100), KINDS):
            job = self.expected[delivery.job_id]
            assert job.status in ENDED
            job.told += 1
            outbox.settle(self.engine, [Outcome(delivery, "taken", done=True)])

    @invariant()
    def the_rows_are_as_expected(self) -> None:
        with reading(self.engine) as connection:
            rows = {row.id: row for row in connection.execute(select(Job.__table__))}
            models = dict(connection.execute(select(Model.job_id, func.count()).group_by(Model.job_id)).all())
            due = set(connection.execute(select(Webhook.job_id).where(Webhook.due_at.is_not(None))).scalars())
            parts = set(connection.execute(select(Part.job_id)).scalars())
            epochs: dict[str, list[int]] = {}
            for row in connection.execute(select(HistoryEpoch).order_by(HistoryEpoch.epoch)):
                epochs.setdefault(row.job_id, []).append(row.epoch)
        assert rows.keys() == self.expected.keys()
        assert parts <= rows.keys()
        for job_id, job in self.expected.items():
            row = rows[job_id]
            counts = (job.fence, job.attempt, job.crashes, job.losses)
            assert (row.status, row.fence, row.attempt, row.crashes, row.losses) == (job.status, *counts)
            assert (row.lease_expires_at is not None) == (job.status == "running")
            assert (row.finished_at is not None) == (job.status in ENDED)
            assert models.get(job_id, 0) == (1 if job.status == "succeeded" else 0)
            assert epochs.get(job_id, []) == list(range(1, job.epochs + 1))
            if job.status in ENDED:
                assert (job_id in parts) == (job.may_resume and job.checkpoint is not None)
                assert (job_id in due) == (job.told == 0)
            else:
                assert job_id not in due
                assert (job_id in parts) == (job.checkpoint is not None)
            if job.seen[-1] != job.status:
                assert job.status in LEGAL[job.seen[-1]], (job.seen, job.status)
                job.seen.append(job.status)


def test_no_sequence_of_events_loses_doubles_or_forgets_a_job(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "LOSSES_BEFORE_FAILURE", LOSSES)

    class OnThisEngine(Life):
        pass

    OnThisEngine.engine = engine
    options: dict[str, Any] = {"max_examples": 20, "stateful_step_count": 60, "deadline": None}
    run_state_machine_as_test(OnThisEngine, settings=settings(**options, suppress_health_check=list(HealthCheck)))
