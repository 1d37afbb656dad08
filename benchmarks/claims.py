"""How long a claim takes while ten thousand jobs wait, on both databases.

    python -m benchmarks.claims [WORKERS]

Every hundredth job has run before, and every fiftieth is in its back-off, as after a bad hour. The claims are those of
`jobs.ledger.claim`, in the workers' processes, a thousand in all; between two of them each worker waits for as long as
the smallest job takes.
"""

import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from benchmarks.tables import open_console
from rich.table import Table
from sqlalchemy import insert, select
from tests.conftest import running_postgres
from tests.service import SMALLEST

from steelyard.jobs import ledger
from steelyard.store.engine import make_engine, reading, writing
from steelyard.store.ids import new_id
from steelyard.store.migration import upgrade
from steelyard.store.tables import Job
from steelyard.training import submission
from steelyard.training.estimate import Limits
from steelyard.training.plan import read_job

QUEUED = 10_000
CLAIMS = 1_000
JOB_SECONDS = 0.02
AT_ONCE = 1_000  # rows inserted by one statement


def main() -> None:
    """Measure, print."""
    workers = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    table = Table("", "workers", "median", "p99", "longest", box=None)
    with tempfile.TemporaryDirectory(prefix="sy-claims-") as folder, running_postgres() as server:
        urls = {
            "SQLite": f"sqlite:///{folder}/steelyard.db",
            "PostgreSQL": server.get_uri(database="steelyard", driver="psycopg"),
        }
        for name, url in urls.items():
            fill(url)
            for count in (1, workers):
                table.add_row(name, str(count), *measure(url, count))
    open_console().print(table)


def fill(url: str) -> None:
    """Ten thousand jobs that wait."""
    engine = make_engine(url)
    upgrade(engine)
    first = submission.submit(engine, read_job(SMALLEST, limits=Limits(4 << 30), tables=no_tables)).id
    with reading(engine) as connection:
        row = dict(connection.execute(select(Job.__table__).where(Job.id == first)).one()._mapping)
    for start in range(0, QUEUED, AT_ONCE):
        rows = [row | {"id": new_id("job"), **place(start + number)} for number in range(AT_ONCE)]
        with writing(engine) as connection:
            connection.execute(insert(Job.__table__), rows)  # type: ignore[arg-type]
    engine.dispose()


def place(number: int) -> dict[str, Any]:
    """Where in the queue a job stands."""
    available_at = time.time() + (3600 if number % 50 == 0 else -3600)
    return {"rank": int(number % 100 != 0), "created_at": number, "available_at": available_at}


def measure(url: str, workers: int) -> list[str]:
    """A row of the table."""
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        found = [
            seconds for each in pool.map(claim_many, [url] * workers, [CLAIMS // workers] * workers) for seconds in each
        ]
    cuts = statistics.quantiles(found, n=100)
    return [f"{1e3 * seconds:.1f} ms" for seconds in (statistics.median(found), cuts[98], max(found))]


def claim_many(url: str, count: int) -> list[float]:
    """The seconds that each of so many claims takes, after one to connect."""
    engine = make_engine(url)
    found = []
    for _ in range(count + 1):
        started = time.perf_counter()
        held = ledger.claim(engine, owner=str(os.getpid()), lease_seconds=3600)
        found.append(time.perf_counter() - started)
        assert held is not None
        time.sleep(JOB_SECONDS)
    engine.dispose()
    return found[1:]


def no_tables(*_: Any) -> Any:
    raise AssertionError("the job's data set is built in")


if __name__ == "__main__":
    main()
