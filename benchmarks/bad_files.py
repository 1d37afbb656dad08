"""Every file of the corpus of bad ones, sent to a service: what it answers, how soon, and what memory it takes.

python -m benchmarks.bad_files

Memory is the most that the service, without the processes that read for it, had beyond what it had before the first.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import psutil
from tests.datasets.corpus import CORPUS

WARM_UP_SECONDS = 10  # until the workers have all their processes


def main() -> None:
    """Send them one after the other, and print a line for each."""
    with tempfile.TemporaryDirectory(prefix="sy-bad-") as folder:
        program = str(Path(sys.executable).with_name("steelyard"))
        settings = {**os.environ, "STEELYARD_LOG_LEVEL": "ERROR"}
        command = [program, "up", "--port", "0", "--data-dir", folder]
        service = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=settings)
        assert service.stdout is not None
        url = service.stdout.readline().split()[1]
        with httpx.Client(base_url=url, timeout=60) as client:
            client.post("/v1/datasets", content=b"a\n1\n", headers={"Content-Type": "text/csv"}).raise_for_status()
            time.sleep(WARM_UP_SECONDS)
            before, most, slowest = resident(service.pid), 0, 0.0
            for bad in CORPUS:
                content = bad.make()
                started = time.perf_counter()
                answer = client.post("/v1/datasets", content=content, headers={"Content-Type": bad.media_type})
                seconds = time.perf_counter() - started
                most, slowest = max(most, resident(service.pid) - before), max(slowest, seconds)
                said = f"{answer.status_code} {answer.json()['detail'][:100]}"
                print(f"{bad.name:34}{len(content):10} B{seconds:7.2f} s  {said}")
        print(
            f"{len(CORPUS)} files, the slowest took {slowest:.2f} s; the service had {most / 1e6:.0f} MB more at most"
        )
        service.terminate()
        service.wait()


def resident(pid: int) -> int:
    """Bytes of memory of the service itself."""
    parent = psutil.Process(pid)
    family = [parent, *parent.children(recursive=True)]
    return sum(each.memory_info().rss for each in family if "steelyard.datasets.reader_process" not in each.cmdline())


if __name__ == "__main__":
    main()
