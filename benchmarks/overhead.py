"""What the service adds to the training itself: from POST to `succeeded`, against the training inside it.

    make bench

Each round posts one job to a warm service and waits for its end; the training's own time is what the job says.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.service import SMALLEST, Service

ROUNDS = 20
SMALL_JOBS = 100
IRIS: dict[str, Any] = {**SMALLEST, "training": {"epochs": 50}}
PARTS = ("POST answered", "queued", "trained", "from the training's end to the answer", "all but the training")


def measure(service: Service) -> dict[str, float]:
    """The seconds of one job, by part."""
    started = time.perf_counter()
    job = service.post(IRIS)
    answered = time.perf_counter()
    while job["status"] in ("queued", "running"):
        job = service.http.get(f"/v1/jobs/{job['id']}", params={"wait": 30}).json()
    whole = time.perf_counter() - started
    assert job["status"] == "succeeded", job["error"]
    trained = job["train_seconds"]
    rest = whole - (answered - started) - job["queue_seconds"] - trained
    return dict(zip(PARTS, (answered - started, job["queue_seconds"], trained, rest, whole - trained), strict=True))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, Service.start(Path(folder)) as service:
        for _ in range(3):  # both training processes are warm
            measure(service)
        rounds = [measure(service) for _ in range(ROUNDS)]
        started = time.perf_counter()
        ids = [service.post({**IRIS, "training": {"epochs": 1, "seed": seed}})["id"] for seed in range(SMALL_JOBS)]
        for job_id in ids:
            assert service.wait(job_id)["status"] == "succeeded"
        rate = SMALL_JOBS / (time.perf_counter() - started)
    table = Table("iris, 50 epochs, seconds", "least", "median", "most", box=None)
    for part in PARTS:
        values = [measured[part] for measured in rounds]
        table.add_row(part, *(f"{value:.3f}" for value in (min(values), statistics.median(values), max(values))))
    console = Console()
    console.print(table)
    console.print(f"{SMALL_JOBS} jobs of one epoch at once: {rate:.0f} jobs a second", highlight=False)


if __name__ == "__main__":
    main()
