"""What a training process of the service comes to, beside what the service says of the job beforehand."""

import io
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.training.workloads import Workload
from tests.service import Service

from steelyard.training.estimate import BASE_BYTES

SECONDS = 300.0


@dataclass(frozen=True)
class Footprint:
    """Address space, in bytes, which is what a job is bounded by: estimated, and at its peak.

    The estimate is what the bound is checked against: that of a process without a job, and what the job adds.
    """

    estimated: int
    peak: int


def measure(workload: Workload) -> Footprint:
    """Train the workload as the first job of a fresh service."""
    x, y = workload.data(workload.rows, workload.widths[0], workload.widths[-1])
    with (
        tempfile.TemporaryDirectory(prefix="steelyard-bench-") as folder,
        Service.start(Path(folder), worker_concurrency="1") as service,
    ):
        spec = _spec(workload, _upload(service, x, y))
        said = service.http.post("/v1/jobs", params={"dry_run": True}, json=spec).raise_for_status().json()
        job = service.wait(service.post(spec)["id"], seconds=SECONDS)
        assert job["status"] == "succeeded", job["error"]
        peak = max(_peak_bytes(process.pid) for process in service.training_processes())
    return Footprint(BASE_BYTES + said["estimate"]["memory_bytes"], peak)


def _upload(service: Service, x: Any, y: Any) -> str:
    content = io.BytesIO()
    np.savez(content, x=x, y=y.astype(str))
    files = {"file": ("rows.npz", content.getvalue())}
    dataset: str = service.http.post("/v1/datasets", files=files).raise_for_status().json()["id"]
    return dataset


def _spec(workload: Workload, dataset: str) -> dict[str, Any]:
    return {
        "data": {"dataset": dataset},
        "layers": list(workload.widths[1:-1]),
        "activation": workload.activation,
        "training": {"epochs": workload.epochs, "batch_size": workload.batch},
    }


def _peak_bytes(process: int) -> int:
    status = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in status if line.startswith("VmPeak:"))
