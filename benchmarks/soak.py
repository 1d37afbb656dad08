"""Whether the service stays flat: many small jobs, and what processes, descriptors, memory and disk come to meanwhile.

python benchmarks/soak.py [JOBS]
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import psutil

JOB = {"data": {"builtin": "iris"}, "layers": [16, 8], "training": {"epochs": 5}}
AT_ONCE = 20
ROUNDS = 10


def main() -> None:
    """Post the jobs in ten rounds, and print a line after each."""
    jobs = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with tempfile.TemporaryDirectory(prefix="sy-soak-") as folder:
        program = str(Path(sys.executable).with_name("steelyard"))
        command = [program, "up", "--port", "0", "--data-dir", folder]
        settings = {**os.environ, "STEELYARD_LOG_LEVEL": "WARNING"}
        service = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=settings)
        assert service.stdout is not None
        url = service.stdout.readline().split()[1]
        with httpx.Client(base_url=url, timeout=60, trust_env=False) as http:
            print(f"{'jobs':>6} {'jobs/s':>7} {'processes':>10} {'descriptors':>12} {'memory MiB':>11} {'disk MiB':>9}")
            done = 0
            for size in (AT_ONCE, *[jobs // ROUNDS] * ROUNDS):
                started = time.perf_counter()
                train(http, size)
                done += size
                print(f"{done:6} {size / (time.perf_counter() - started):7.1f} {figures(service.pid, Path(folder))}")
        service.terminate()
        service.wait()


def train(http: httpx.Client, jobs: int) -> None:
    """Have so many jobs trained, a few at a time, and delete each."""
    running: list[str] = []
    left = jobs
    while left or running:
        while left and len(running) < AT_ONCE:
            running.append(http.post("/v1/jobs", json=JOB).raise_for_status().json()["id"])
            left -= 1
        job = http.get(f"/v1/jobs/{running[0]}", params={"wait": 10}).raise_for_status().json()
        if job["status"] not in ("queued", "running"):
            assert job["status"] == "succeeded", job["error"]
            http.delete(f"/v1/jobs/{running.pop(0)}").raise_for_status()


def figures(pid: int, folder: Path) -> str:
    """What the service has in use."""
    parent = psutil.Process(pid)
    family = [parent, *parent.children(recursive=True)]
    descriptors = sum(process.num_fds() for process in family)
    memory = sum(process.memory_full_info().uss for process in family) / (1 << 20)
    disk = sum(file.stat().st_size for file in folder.iterdir() if file.is_file()) / (1 << 20)
    return f"{len(family):10} {descriptors:12} {memory:11.0f} {disk:9.1f}"


if __name__ == "__main__":
    main()
