"""A million rows of thirty columns predicted by the workers: how long it takes, and what memory.

python -m benchmarks.batch [ROWS]

The data set is sent and a small network trained on a thousand rows of the same columns first. Memory is what all
processes of the service share out among them (PSS) beyond what they had before the prediction; of half the rows it
is measured too, since it must not grow with them. At the end the rows are fetched as CSV, page by page, and counted.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
from benchmarks.upload import Meter, write

TRAINED_ROWS = 1000
PAGE_ROWS = 100_000


def main() -> None:
    """Send, train, predict, fetch, and print."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory(prefix="sy-batch-") as name:
        folder = Path(name)
        settings = {**os.environ, "STEELYARD_LOG_LEVEL": "WARNING"}
        program = str(Path(sys.executable).with_name("steelyard"))
        command = [program, "up", "--port", "0", "--data-dir", str(folder / "data")]
        service = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=settings)
        assert service.stdout is not None
        with httpx.Client(base_url=service.stdout.readline().split()[1], timeout=600) as client:
            model = train(client, send(client, folder, TRAINED_ROWS))
            for count in (rows // 2, rows):
                measure(client, model, send(client, folder, count), service.pid)
        service.terminate()
        service.wait()


def send(client: httpx.Client, folder: Path, rows: int) -> str:
    """A data set of so many rows; its id, once its columns are there."""
    write(folder / "table.csv", rows)
    with (folder / "table.csv").open("rb") as content:
        answer = client.post("/v1/datasets", content=content, headers={"Content-Type": "text/csv"})
    dataset: str = answer.raise_for_status().json()["id"]
    client.get(f"/v1/datasets/{dataset}/rows", params={"limit": 1}).raise_for_status()
    return dataset


def train(client: httpx.Client, dataset: str) -> str:
    """A small network; its model's id."""
    job = {"data": {"dataset": dataset, "target": "target"}, "layers": [32, 16], "training": {"epochs": 5}}
    job_id = client.post("/v1/jobs", json=job).raise_for_status().json()["id"]
    model: str = wait(client, f"/v1/jobs/{job_id}")["model"]
    return model


def wait(client: httpx.Client, address: str) -> dict[str, Any]:
    """What is there, once it has succeeded."""
    while True:
        found: dict[str, Any] = client.get(address).raise_for_status().json()
        if found["status"] == "succeeded":
            return found
        if found["status"] not in ("queued", "running"):
            raise SystemExit(f"{address}: {found['error']}")
        time.sleep(0.2)


def measure(client: httpx.Client, model: str, dataset: str, pid: int) -> None:
    """Predict the data set, fetch what came out, and print a line."""
    with Meter(pid) as meter:
        started = time.perf_counter()
        batch = client.post(f"/v1/models/{model}/predictions", json={"data": {"dataset": dataset}})
        found = wait(client, f"/v1/predictions/{batch.raise_for_status().json()['id']}")
        seconds = time.perf_counter() - started
        started = time.perf_counter()
        fetched = fetch(client, f"/v1/predictions/{found['id']}/rows")
        fetching = time.perf_counter() - started
    assert fetched == found["rows"], (fetched, found["rows"])
    said = f"{found['rows']:8} rows predicted in {seconds:6.2f} s, fetched as CSV in {fetching:6.2f} s"
    print(f"{said}; {meter.grown / 1e6:5.0f} MB more at the peak", flush=True)


def fetch(client: httpx.Client, address: str) -> int:
    """How many rows come, page by page."""
    rows = 0
    while True:
        query = {"limit": PAGE_ROWS, "after": rows}
        page = client.get(address, params=query, headers={"Accept": "text/csv"}).raise_for_status()
        count = page.content.count(b"\n") - 1
        rows += count
        if count < PAGE_ROWS:
            return rows


if __name__ == "__main__":
    main()
