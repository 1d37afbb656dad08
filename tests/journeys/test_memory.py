"""A training that wants more memory than there is: its own limit, and the kernel's."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.service import SMALLEST, Service

CGROUPS = Path("/sys/fs/cgroup")
# Its weights and all that goes with them are some 100 MB.
WIDE = {
    "data": {"builtin": "digits"},
    "layers": [2048, 1024],
    "training": {"epochs": 5000, "batch_size": 256},
}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that trains one job at a time."""
    with Service.start(tmp_path_factory.mktemp("memory"), worker_concurrency="1") as service:
        yield service


@pytest.fixture
def narrow_cgroup() -> Iterator[Path]:
    """The file of a control group with hardly any memory, to which a process is moved by writing its id."""
    memory = CGROUPS / "memory"
    parent, limit = (memory, "memory.limit_in_bytes") if memory.is_dir() else (CGROUPS, "memory.max")
    group = parent / f"steelyard-test-{os.getpid()}"
    try:
        group.mkdir()
        (group / limit).write_text(str(8 << 20))
    except OSError as error:
        with suppress(OSError):
            group.rmdir()
        pytest.skip(f"no control group can be made here: {error}")
    members = group / "cgroup.procs"
    yield members
    for process_id in members.read_text().split():
        (parent / "cgroup.procs").write_text(process_id)
    group.rmdir()


def trainer(service: Service) -> psutil.Process:
    """The process that waits for the next job: a new one, which has neither memory to spare nor a limit."""
    for process in service.training_processes():
        process.kill()
    service.wait(service.post(SMALLEST)["id"])
    [process] = [each for each in service.training_processes() if each.status() != psutil.STATUS_ZOMBIE]
    return process


def test_a_job_that_outgrows_its_memory_fails_and_says_so(service: Service) -> None:
    process = trainer(service)
    process.rlimit(psutil.RLIMIT_AS, (process.memory_info().vms + (32 << 20),) * 2)
    job = service.wait(service.post(WIDE)["id"])
    assert (job["status"], job["error"]["type"]) == ("failed", "/problems/out-of-memory")
    assert "more memory than the limit" in job["error"]["detail"]


def test_a_death_by_the_kernels_want_of_memory_is_told_as_such_and_gone_on_after(
    service: Service, narrow_cgroup: Path
) -> None:
    narrow_cgroup.write_text(str(trainer(service).pid))
    job_id = service.post(WIDE)["id"]
    service.wait_until(job_id, lambda job: job["attempt"] == 2 and job["status"] == "running")
    events = service.http.get(f"/v1/jobs/{job_id}/events").json()["data"]
    assert "worker lost: the kernel killed it, because the machine was out of memory" in [e["message"] for e in events]
    service.http.post(f"/v1/jobs/{job_id}/cancel")
    assert service.wait(job_id)["status"] == "cancelled"
