"""The embedded service as a user runs it: `steelyard up` in a process of its own, spoken to over HTTP."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

import httpx
import psutil

SMALLEST: dict[str, Any] = {
    "data": {"builtin": "iris"},
    "layers": [16, 8],
    "initializer": "he_normal",
    "activation": "relu",
    "optimizer": "adam",
}


INJECT = Path(__file__).with_name("inject")


@dataclass
class Service:
    """A running service. `http` is a client of it, of the class that `client_class` names."""

    client_class: ClassVar[type[httpx.Client]] = httpx.Client
    process: subprocess.Popen[str]
    http: httpx.Client
    data_dir: Path
    command: list[str]
    variables: dict[str, str]

    @classmethod
    def start(
        cls, data_dir: Path, *, workers: int = 1, environment: Mapping[str, str] | None = None, **settings: str
    ) -> Self:
        """Run `steelyard up` on a free port, and return when it is ready."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("STEELYARD_")}
        variables = inherited | {"PYTHONPATH": str(INJECT)} | dict(environment or {})
        variables |= {f"STEELYARD_{name.upper()}": value for name, value in settings.items()}
        program = str(Path(sys.executable).with_name("steelyard"))
        command = [program, "up", "--data-dir", str(data_dir), "--workers", str(workers)]
        process, url = _launch([*command, "--port", "0"], data_dir, variables)
        http = cls.client_class(base_url=url, timeout=90, trust_env=False)
        return cls(process, http, data_dir, [*command, "--port", str(http.base_url.port)], variables)

    def restart(self) -> None:
        """Kill every process at once, as a loss of power would, and start them again on the same port."""
        family = psutil.Process(self.process.pid).children(recursive=True)
        for process in (self.process, *family):
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.wait()
        psutil.wait_procs(family, timeout=5)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process, _ = _launch(self.command, self.data_dir, self.variables)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop as a user would, and see that nothing is left."""
        self.http.close()
        if self.process.poll() is not None:
            return
        family = psutil.Process(self.process.pid).children(recursive=True)
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        assert self.process.stdout is not None
        self.process.stdout.close()
        _, alive = psutil.wait_procs(family, timeout=5)
        for process in alive:
            process.kill()
        assert not alive, f"left behind: {alive}"

    def children(self, word: str) -> list[psutil.Process]:
        """The processes of the service with `word` in their command line."""
        family = psutil.Process(self.process.pid).children(recursive=True)
        return [process for process in family if any(word in part for part in command_of(process))]

    def training_processes(self) -> list[psutil.Process]:
        """The processes that train: each bears the command line of the one that it was forked from."""
        return [process for server in self.fork_servers() for process in server.children()]

    def fork_servers(self) -> list[psutil.Process]:
        """The process of each worker that its training processes are forked from."""
        alike = self.children("steelyard_worker.fork_server")
        return [process for process in alike if process.parent() not in alike]

    def last_words(self) -> str:
        """The end of what the service's processes wrote to their log."""
        return (self.data_dir / "log").read_text()[-6000:]

    def post(self, spec: dict[str, Any]) -> dict[str, Any]:
        """Submit a job."""
        answer = self.http.post("/v1/jobs", json=spec)
        assert answer.status_code == 202, answer.text
        job: dict[str, Any] = answer.json()
        return job

    def get(self, job_id: str) -> dict[str, Any]:
        """The job as it is."""
        answer = self.http.get(f"/v1/jobs/{job_id}")
        assert answer.status_code == 200, answer.text
        job: dict[str, Any] = answer.json()
        return job

    def wait(self, job_id: str, *, seconds: float = 60.0) -> dict[str, Any]:
        """The job once it has ended."""
        return self.wait_until(job_id, lambda job: job["status"] not in ("queued", "running"), seconds=seconds)

    def wait_for(self, condition: Callable[[], bool], *, seconds: float = 60.0) -> None:
        """Return as soon as `condition` holds."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, self.last_words()
            time.sleep(0.05)

    def wait_until(
        self, job_id: str, condition: Callable[[dict[str, Any]], bool], *, seconds: float = 60.0
    ) -> dict[str, Any]:
        """The job once `condition` holds for it."""
        end = time.monotonic() + seconds
        while not condition(job := self.get(job_id)):
            assert time.monotonic() < end, (job, self.last_words())
            time.sleep(0.05)
        return job


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _launch(command: list[str], data_dir: Path, variables: dict[str, str]) -> tuple[subprocess.Popen[str], str]:
    """The process and its address, as soon as it is ready."""
    with (data_dir / "log").open("a") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=variables)
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("ready http://"), (line, (data_dir / "log").read_text())
    return process, line.split()[1]


def command_of(process: psutil.Process) -> list[str]:
    """The command line of a process; nothing of one that has ended, whether or not it was waited for."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []
