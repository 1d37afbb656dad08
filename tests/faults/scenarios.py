"""The faults: each does its harm to a running service, and has the tally judge what came of it."""

import random
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import psutil

from steelyard.jobs.doorbell import Doorbell
from tests.faults.field import LEASE_SECONDS, Field, Tally, kill

EARLY = 40  # epochs by which a run has checkpoints, and is not yet over
RUN_PLACES = ("claim.before", "claim.after", "checkpoint.before", "checkpoint.after", "result.before", "result.after")
API_PLACES = ("submit.before", "submit.after", "ring.after")
FULL_DISK = ("the progress is written later", "the result waits to be written")
RINGS = 5
BACKLOG = 8


def kill_run_at(field: Field, place: str) -> None:
    """The process that comes through `place` kills itself there, with a job in its hands."""
    tally = field.tally(f"-9 at {place}")
    armed = field.arm(place)
    job_id = field.post()
    field.wait(lambda: not armed.exists())
    field.moves_on([job_id], tally, lambda: None)
    field.judge(job_id, tally)


def kill_run_twice(field: Field) -> None:
    """A run kills itself after a checkpoint, and so does the run that went on from there."""
    tally = field.tally("-9 after a checkpoint, twice")
    job_id = field.post()
    for _ in range(2):
        armed = field.arm("checkpoint.after")
        field.wait(lambda armed=armed: not armed.exists())  # type: ignore[misc]
    field.moves_on([job_id], tally, lambda: None)
    field.judge(job_id, tally)
    assert len(_resumed_from(field, job_id)) == 2


def kill_api_at(field: Field, place: str) -> None:
    """The API kills itself while it takes a job; the client sends the same again."""
    tally = field.tally(f"API -9 at {place}")
    armed = field.arm(place)
    started = time.monotonic()
    job_id = field.post()
    tally.recovered(time.monotonic() - started)
    assert not armed.exists()
    tally.injected += 1
    field.judge(job_id, tally)


def kill_at_random(field: Field, chance: random.Random, kind: str) -> None:
    """One process of a kind is killed at some moment of a run."""
    tally = field.tally(f"-9 of {kind} at random")
    job_ids = [field.post(), field.post()]
    field.reach(job_ids[0], 1)
    time.sleep(chance.uniform(0, 1.0))
    processes = field.processes()[kind]
    field.moves_on(job_ids, tally, lambda: kill(chance.choice(processes)))
    for job_id in job_ids:
        field.judge(job_id, tally)


def storm(field: Field, chance: random.Random, kills: int, *, on: str) -> Iterator[int]:
    """Kill one process after the other while two jobs run and `BACKLOG` wait; yields after each.

    `on` is the database's name, for the table.
    """
    unfinished: dict[str, Tally] = {}
    killed = 0
    while killed < kills:
        kind = chance.choice(list(field.processes()))
        tally = field.tally(f"-9 of {kind} at random, {on}")
        for job_id in [job_id for job_id in unfinished if field.is_over(job_id)]:
            field.judge(job_id, unfinished.pop(job_id))
        while len(unfinished) < 2 + BACKLOG:
            unfinished[field.post()] = tally
        time.sleep(chance.uniform(0, 1.5))
        processes = field.processes()[kind]
        if processes:  # those of a kind that was just killed may not be back
            running = [job_id for job_id in unfinished if field.get(job_id)["status"] == "running"]
            unfinished |= dict.fromkeys(running, tally)  # what goes wrong is put down to the last kill
            field.moves_on(running, tally, lambda: kill(chance.choice(processes)))  # noqa: B023 -- called at once
            killed += 1
            yield killed
    for job_id, tally in unfinished.items():
        field.judge(job_id, tally)


def kill_everything(field: Field) -> None:
    """Every process of the service is killed at once, as by a loss of power; it is started again as it was.

    The recovery is counted from the moment at which it is ready: how soon somebody starts it is not its own doing.
    """
    tally = field.tally("-9 of the whole service")
    job_id = field.post()
    field.reach(job_id, EARLY)
    field.service.restart()
    field.moves_on([job_id], tally, lambda: None)
    field.judge(job_id, tally)


def kill_hang(field: Field) -> None:
    """The training process stands still; the supervisor ends it."""
    tally = field.tally("training process hangs (SIGSTOP)")
    job_id = field.post()
    field.reach(job_id, EARLY)
    field.moves_on([job_id], tally, lambda: _each(field.processes()["training process"], psutil.Process.suspend))
    field.judge(job_id, tally)


def flush_broker(field: Field) -> None:
    """Every message is thrown away while one job runs and others wait."""
    tally = field.tally("broker flushed")
    job_ids = [field.post() for _ in range(4)]

    def flush() -> None:
        import redis

        redis.Redis(unix_socket_path=str(field.service.data_dir / "valkey.sock")).flushall()

    flush()
    field.moves_on(job_ids[:1], tally, flush)
    for job_id in job_ids:
        field.judge(job_id, tally)


def broker_away(field: Field) -> None:
    """The broker answers nothing for longer than a lease, dies, and comes back empty."""
    tally = field.tally("broker away past the lease, then -9")
    [broker] = field.processes()["broker"]
    running = field.post()
    field.reach(running, 1)
    broker.suspend()
    waiting = field.post()
    time.sleep(1.5 * LEASE_SECONDS)
    field.moves_on([running], tally, lambda: kill(broker))
    for job_id in (running, waiting):
        field.judge(job_id, tally)


def ring_often(field: Field) -> None:
    """Each message comes five times, to workers that all want the job."""
    tally = field.tally("each message five times, two workers")
    bell = Doorbell(f"redis+socket://{field.service.data_dir / 'valkey.sock'}")
    job_ids = []
    for _ in range(3):
        job_ids.append(field.post())
        for _ in range(RINGS):
            assert bell.ring(job_ids[-1])
    for job_id in job_ids:
        field.wait(lambda job_id=job_id: field.is_over(job_id))  # type: ignore[misc]
        assert bell.ring(job_id)  # and once when it is over
        tally.injected += RINGS + 1
    bell.close()
    for job_id in job_ids:
        field.judge(job_id, tally)


def stop_past_the_lease(field: Field) -> None:
    """A worker and its training stand still until another has the job, then go on: they must harm nothing."""
    tally = field.tally("worker stopped past its lease, then goes on")
    job_id = field.post()
    field.reach(job_id, EARLY)
    owner = _owner(field, job_id)
    stopped = [owner, *owner.children(recursive=True)]
    field.moves_on([job_id], tally, lambda: _suspend_between_writes(field, stopped))
    _each(stopped, psutil.Process.resume)
    field.judge(job_id, tally)
    field.wait(lambda: "fenced off" in (field.service.data_dir / "log").read_text())


def fill_disk(field: Field, words: str) -> None:
    """The database's disk is full until the log says `words`, and has room again."""
    tally = field.tally(f"disk full: {words}")
    job_id = field.post()
    field.reach(job_id, EARLY)
    log = field.service.data_dir / "log"
    begun = len(log.read_text())
    full = field.arm("full")
    field.wait(lambda: words in log.read_text()[begun:])
    started = time.monotonic()
    full.unlink()
    tally.injected += 1
    field.judge(job_id, tally)
    tally.recovered(max(0.0, time.monotonic() - started - _run_seconds(field, job_id)))


def stop_database(field: Field, server: Any) -> None:
    """PostgreSQL stops at once in the middle of a run, and comes back."""
    tally = field.tally("PostgreSQL stopped at once")
    job_id = field.post()
    field.reach(job_id, EARLY)

    def restart() -> None:
        postmaster = psutil.Process(server.get_pid())
        postmaster.send_signal(signal.SIGQUIT)  # 'immediate': no goodbye, recovery at the next start
        postmaster.wait(20)
        server.ensure_postgres_running()

    field.moves_on([job_id], tally, restart)
    field.judge(job_id, tally)


def _each(processes: list[psutil.Process], act: Callable[[psutil.Process], Any]) -> None:
    for process in processes:
        act(process)


def _suspend_between_writes(field: Field, processes: list[psutil.Process]) -> None:
    """Suspend the processes when they do not lock SQLite's file: else no other worker could write and take over."""
    _each(processes, psutil.Process.suspend)
    while not _can_write(field):
        _each(processes, psutil.Process.resume)
        time.sleep(0.01)
        _each(processes, psutil.Process.suspend)


def _can_write(field: Field) -> bool:
    with closing(sqlite3.connect(field.service.data_dir / "steelyard.db", timeout=1, isolation_level=None)) as database:
        try:
            database.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        return True


def _run_seconds(field: Field, job_id: str) -> float:
    seconds: float = field.get(job_id)["train_seconds"]
    return seconds


def _resumed_from(field: Field, job_id: str) -> list[int]:
    """The epochs from which the job's runs went on."""
    events = field.ask("GET", f"/v1/jobs/{job_id}/events")["data"]
    return [event["data"]["epoch"] for event in events if event["message"].startswith("continuing from epoch")]


def _owner(field: Field, job_id: str) -> psutil.Process:
    """The worker that runs a job, by the event that says so."""
    events = field.ask("GET", f"/v1/jobs/{job_id}/events")["data"]
    message = next(event["message"] for event in events if " runs on " in event["message"])
    return psutil.Process(int(message.rsplit(":", 1)[1]))
