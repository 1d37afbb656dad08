"""The servers that `predict.py` measures beside ours: the empty endpoints, MLServer, MLflow.

The last two are installed, each into an environment of its own under `.venv/peers`, when they are first wanted.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.service import free_port

HERE = Path(__file__).resolve().parent
PEERS = HERE.parent / ".venv" / "peers"
PACKAGES = {
    "mlserver": ["mlserver==1.7.1", "mlserver-sklearn==1.7.1", "scikit-learn==1.9.1"],
    "mlflow": ["mlflow==3.17.2", "scikit-learn==1.9.1"],
}
EMPTY = {"empty": "/empty", "empty-json": "/empty-json"}  # the endpoints that do nothing, and their addresses
START_SECONDS = 120.0


@dataclass(frozen=True)
class Request:
    """What is asked of whom: a POST to a port of this machine."""

    port: int
    path: str
    body: bytes
    content_type: str = "application/json"
    json_bytes: int | None = None  # if the bytes of tensors follow them

    def to_bytes(self) -> bytes:
        """All that goes over the wire."""
        head = f"POST {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {self.content_type}\r\n"
        if self.json_bytes is not None:
            head += f"Inference-Header-Content-Length: {self.json_bytes}\r\n"
        return f"{head}Content-Length: {len(self.body)}\r\n\r\n".encode() + self.body


def install(name: str) -> Path:
    """The Python of the peer's environment. Raises `CalledProcessError` with pip's words."""
    folder = PEERS / name
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        print(f"Setting up {name} (once) ...", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES[name]]
        subprocess.run(command, check=True, stderr=subprocess.PIPE, text=True)
        (folder / "ready").touch()
    return python


@contextmanager
def serving(name: str, folder: Path) -> Iterator[int]:
    """The port at which `name` (one of `EMPTY`, `mlserver`, `mlflow`) serves the model in `folder`."""
    port = free_port()
    if name in EMPTY:
        command, path = [sys.executable, str(HERE / "predict_empty.py"), str(port)], EMPTY[name]
    else:
        python = install(name)
        subprocess.run([python, str(HERE / "predict_pipeline.py"), name, folder], check=True)
        command, path = _serving_command(name, python, folder, port)
    variables = os.environ | {"PYTHONPATH": str(HERE), "PATH": f"{Path(command[0]).parent}:{os.environ['PATH']}"}
    with (folder / f"{name}.log").open("w") as log:
        server = subprocess.Popen(command, env=variables, stdout=log, stderr=log, start_new_session=True)
    try:
        _wait_until_it_answers(server, port, path, folder / f"{name}.log")
        yield port
    finally:
        server.terminate()
        with suppress(subprocess.TimeoutExpired):
            server.wait(20)
        server.kill()
        server.wait()


def _serving_command(name: str, python: Path, folder: Path, port: int) -> tuple[list[str], str]:
    program = str(python.with_name(name))
    if name == "mlflow":
        words = ["models", "serve", "-m", str(folder / "mlflow"), "--env-manager", "local"]
        return [program, *words, "--host", "127.0.0.1", "--port", str(port)], "/ping"
    settings = folder / "mlserver" / "settings.json"
    known = json.loads(settings.read_text())
    ports = {"http_port": port, "grpc_port": free_port(), "metrics_port": free_port()}
    settings.write_text(json.dumps(known | ports))
    return [program, "start", str(folder / "mlserver")], "/v2/models/bench/ready"


def _wait_until_it_answers(server: subprocess.Popen[bytes], port: int, path: str, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while True:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as connection:
            connection.settimeout(5)
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
            status = connection.recv(64).split(b" ", 2)[1:2]
            if status and status[0] in (b"200", b"405"):  # the empty endpoint takes no GET
                return
        if server.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"it does not serve; its log ends with:\n{log.read_text()[-2000:]}")
        time.sleep(0.1)


def to_mlflow(features: list[str], row: list[Any], *, plain: bool) -> bytes:
    """The body of MLflow's `/invocations`."""
    if plain:
        return json.dumps({"inputs": [row]}).encode()
    return json.dumps({"dataframe_split": {"columns": features, "data": [row]}}).encode()


def to_mlserver(features: list[str], row: list[Any], *, plain: bool, output: str = "predict_proba") -> bytes:
    """The body of the Open Inference Protocol's `/v2/models/bench/infer`."""
    asked = {"outputs": [{"name": output}]}
    if plain:
        tensor = {"name": "x", "shape": [1, len(row)], "datatype": "FP32", "data": row}
        return json.dumps({"inputs": [tensor], **asked}).encode()
    columns = [_column(name, value) for name, value in zip(features, row, strict=True)]
    return json.dumps({"inputs": columns, "parameters": {"content_type": "pd"}, **asked}).encode()


def _column(name: str, value: Any) -> dict[str, Any]:
    head = {"name": name, "shape": [1, 1], "data": [value]}
    if isinstance(value, str):
        return head | {"datatype": "BYTES", "parameters": {"content_type": "str"}}
    return head | {"datatype": "BOOL" if isinstance(value, bool) else "FP64"}
