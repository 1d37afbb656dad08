"""A training process whose worker is gone ends, and writes nothing: its job goes on elsewhere.

The kernel's signal by which it dies with its worker comes by way of the fork server, and may come late. Here it never
comes: the fork server lives, and only the pipe to the worker is cut.
"""

import json
import os
import time

import psutil
import pytest
from sqlalchemy import Engine

from steelyard.inference import batches
from steelyard.inference.batches import BatchPlan
from steelyard.jobs import ledger
from steelyard.jobs.ledger import Claim
from steelyard.training.queries import get_job
from steelyard_worker.fork_client import ForkServer
from steelyard_worker.kinds import KINDS
from steelyard_worker.process import DONE, TICK
from steelyard_worker.run import ORPHANED, RUNNERS, TICK_SECONDS
from tests.conftest import wait_for
from tests.service import SMALLEST
from tests.worker.conftest import LONG, post, row_of


class Forked:
    """A training process, and this test's ends of the pipes that its worker would hold."""

    def __init__(self, fork_server: ForkServer) -> None:
        self.fork_server = fork_server
        orders, self._orders = os.pipe()
        self._reports, reports = os.pipe()
        self.child = fork_server.fork(orders, reports)
        os.close(orders)
        os.close(reports)

    def order(self, held: Claim) -> None:
        line = json.dumps({"job_id": held.job_id, "fence": held.fence, "attempt": held.attempt})
        os.write(self._orders, line.encode() + b"\n")

    def read_until(self, report: str) -> None:
        heard = b""
        while report.encode() not in heard.split(b"\n"):
            heard += os.read(self._reports, 4096)

    def cut(self) -> None:
        """What the worker's death does to the pipes."""
        os.close(self._reports)
        os.close(self._orders)


@pytest.fixture
def forked(fork_server: ForkServer) -> Forked:
    return Forked(fork_server)


def claim(engine: Engine, job_id: str) -> Claim:
    held = ledger.claim(engine, owner="a worker that dies", lease_seconds=60)
    assert held is not None
    assert held.job_id == job_id
    return held


def require_silent_end(forked: Forked, engine: Engine, held: Claim) -> None:
    """The process ends with the status of an orphan, and the job is as it was: running, under the same fence."""
    process = psutil.Process(forked.child.process_id)
    wait_for(lambda: process.status() == psutil.STATUS_ZOMBIE, seconds=60)
    assert forked.fork_server.wait(forked.child) == ORPHANED
    row = row_of(engine, held.job_id)
    assert (row.status, row.error, row.finished_at) == ("running", None, None)
    ledger.renew(engine, held, lease_seconds=60)


def test_a_training_whose_worker_is_gone_writes_no_end(forked: Forked, database: Engine) -> None:
    held = claim(database, post(database, LONG))
    forked.order(held)
    forked.read_until(TICK)
    forked.cut()
    require_silent_end(forked, database, held)


def test_a_batch_whose_worker_is_gone_writes_no_end(forked: Forked, database: Engine) -> None:
    trained = claim(database, post(database, {**SMALLEST, "training": {"epochs": 1}}))
    forked.order(trained)
    forked.read_until(DONE)
    model = get_job(database, trained.job_id).model
    assert model is not None
    batch = batches.submit(
        database, BatchPlan(model, None, b"[[5.1,3.5,1.4,0.2]]", 1, [0, 1, 2], None), request_id=None, once=None
    )
    held = claim(database, batch.id)
    process = psutil.Process(forked.child.process_id)
    process.suspend()  # a batch of one row may be done before the pipe is cut and a report is due, which is no harm
    forked.order(held)
    forked.cut()
    time.sleep(2 * TICK_SECONDS)
    process.resume()
    require_silent_end(forked, database, held)


def test_every_kind_of_job_has_what_executes_it() -> None:
    assert RUNNERS.keys() == KINDS.keys()
