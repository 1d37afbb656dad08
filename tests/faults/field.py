"""A running service to do harm to, and the tally of what came of it: lost jobs, doubled jobs, other bytes."""

import hashlib
import json
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.service import Service, command_of

LEASE_SECONDS = 2
RECOVERY_SECONDS = LEASE_SECONDS + 10
BUSY_RECOVERY_SECONDS = LEASE_SECONDS + 30  # on a machine that runs other tests at the same time
EPOCHS = 300
SPEC: dict[str, Any] = {
    "data": {"builtin": "digits"},
    "layers": [64, {"type": "dropout", "rate": 0.2}, {"type": "batch_normalization"}, 32],
    "training": {"epochs": EPOCHS, "batch_size": 32, "schedule": "cosine"},
}


@dataclass
class Tally:
    """What one kind of fault did."""

    fault: str
    injected: int = 0
    lost: int = 0
    doubled: int = 0
    other_bytes: int = 0
    longest_seconds: float = 0.0

    def recovered(self, seconds: float) -> None:
        """The service was as before after so long."""
        self.longest_seconds = max(self.longest_seconds, seconds)

    def is_clean(self, recovery_seconds: float = RECOVERY_SECONDS) -> bool:
        """Whether the fault was injected and did no harm."""
        harm = self.lost + self.doubled + self.other_bytes
        return self.injected > 0 and harm == 0 and self.longest_seconds <= recovery_seconds


@dataclass
class Field:
    """A service with places to fail at."""

    service: Service
    faults: Path
    expected: str = ""
    tallies: dict[str, Tally] = field(default_factory=dict)

    @classmethod
    @contextmanager
    def open(cls, folder: Path, *, workers: int = 1, **settings: str) -> Iterator["Field"]:
        """Start a service over `folder`, and learn what bytes an undisturbed job ends with."""
        faults = folder / "faults"
        faults.mkdir()
        data_dir = folder / "data"
        data_dir.mkdir()
        settings = {"lease_seconds": str(LEASE_SECONDS), **settings}
        environment = {"FAULTS": str(faults)}
        with Service.start(data_dir, workers=workers, environment=environment, **settings) as service:
            opened = cls(service, faults)
            job = service.wait(opened.post(), seconds=120)
            opened.expected = job["weights_sha256"] + opened.recording(job["id"])
            yield opened

    def tally(self, fault: str) -> Tally:
        """The tally of a kind of fault."""
        return self.tallies.setdefault(fault, Tally(fault))

    def ask(self, method: str, path: str, **options: Any) -> Any:
        """A request that is sent again until there is an answer, as a patient client does."""
        end = time.monotonic() + 60
        while True:
            with suppress(httpx.TransportError):
                answer = self.service.http.request(method, path, **options)
                if answer.status_code < 500:
                    assert answer.is_success, answer.text
                    return answer.json()
            assert time.monotonic() < end, ("the API does not come back", self.service.last_words())
            time.sleep(0.1)

    def post(self) -> str:
        """Submit the job under a key of its own; the id of the job."""
        name = uuid.uuid4().hex
        job = self.ask("POST", "/v1/jobs", json={**SPEC, "name": name}, headers={"Idempotency-Key": name})
        job_id: str = job["id"]
        return job_id

    def get(self, job_id: str) -> dict[str, Any]:
        """The job as it is."""
        job: dict[str, Any] = self.ask("GET", f"/v1/jobs/{job_id}")
        return job

    def wait(self, what: Callable[[], bool], *, seconds: float = 60.0) -> float:
        """How long it takes until `what` holds."""
        started = time.monotonic()
        while not what():
            waited = time.monotonic() - started
            assert waited < seconds, (f"not within {seconds} s", self.service.last_words())
            time.sleep(0.03)
        return time.monotonic() - started

    def reach(self, job_id: str, epoch: int) -> None:
        """Wait until the job's recorded progress is at least `epoch`."""
        self.wait(lambda: self.get(job_id)["progress"]["epoch"] >= epoch)

    def is_over(self, job_id: str) -> bool:
        """Whether the job has ended."""
        return self.get(job_id)["status"] not in ("queued", "running")

    def arm(self, name: str) -> Path:
        """Ask for one death at a place: `claim.before`."""
        path = self.faults / name
        path.touch()
        return path

    def judge(self, job_id: str, tally: Tally) -> None:
        """Wait for the job's end, and count what is wrong with it."""
        self.wait(lambda: self.is_over(job_id), seconds=120)
        job = self.get(job_id)
        if job["status"] != "succeeded":
            tally.lost += 1
            return
        same_name = self.ask("GET", "/v1/jobs", params={"name": job["name"]})["data"]
        models = [
            model for model in self.ask("GET", "/v1/models", params={"limit": 200})["data"] if model["job"] == job_id
        ]
        epochs = self.ask("GET", f"/v1/jobs/{job_id}/history")["epochs"]
        tally.doubled += len(same_name) != 1 or len(models) != 1 or epochs != list(range(1, EPOCHS + 1))
        tally.other_bytes += job["weights_sha256"] + self.recording(job_id) != self.expected

    def recording(self, job_id: str) -> str:
        """A digest of what was recorded of the job: its statistics, and its weights at the recorded epochs."""
        path = f"/v1/jobs/{job_id}"
        series = self.ask("GET", f"{path}/diagnostics")
        assert (series["recorded"], series["epochs"][:3]) == (True, [0, 1, 2])
        weights = self.ask("GET", f"{path}/weights")["snapshots"]
        recorded = [{name: series[name] for name in ("epochs", "layers", "run")}, weights]
        return hashlib.sha256(json.dumps(recorded).encode()).hexdigest()

    def moves_on(self, job_ids: list[str], tally: Tally, harm: Callable[[], None], *, seconds: float = 60.0) -> None:
        """Do harm, and note how long it takes until the service is ready and each of the jobs gets on or has ended."""
        before = {job_id: self.get(job_id)["progress"]["epoch"] for job_id in job_ids}
        started = time.monotonic()
        harm()
        tally.injected += 1
        for job_id in job_ids:
            self.wait(lambda job_id=job_id: self._has_moved(job_id, before[job_id]), seconds=seconds)  # type: ignore[misc]
        self.wait(self._is_ready)
        tally.recovered(time.monotonic() - started)

    def _has_moved(self, job_id: str, epoch: int) -> bool:
        job = self.get(job_id)
        return job["status"] not in ("queued", "running") or job["progress"]["epoch"] != epoch

    def _is_ready(self) -> bool:
        try:
            return self.service.http.get("/readyz", timeout=5).is_success
        except httpx.TransportError:
            return False

    def processes(self) -> dict[str, list[psutil.Process]]:
        """The service's processes by what they are."""
        of_worker = self.service.children("steelyard_worker")
        return {
            "training process": self.service.training_processes(),
            "fork server": self.service.fork_servers(),
            "worker": [process for process in of_worker if command_of(process)[-1:] == ["steelyard_worker"]],
            "API": self.service.children("steelyard.cli.main"),
            "broker": self.service.children("valkey-server"),
        }


def kill(process: psutil.Process) -> None:
    """SIGKILL, if it still lives."""
    with suppress(psutil.NoSuchProcess):
        process.send_signal(signal.SIGKILL)


def render(tallies: list[Tally]) -> str:
    """The table."""
    head = f"{'fault':44} {'injected':>8} {'lost':>5} {'doubled':>8} {'other bytes':>12} {'longest recovery':>17}"
    rows = [
        f"{t.fault:44} {t.injected:8} {t.lost:5} {t.doubled:8} {t.other_bytes:12} {t.longest_seconds:15.1f} s"
        for t in tallies
    ]
    return "\n".join([head, "-" * len(head), *rows])
