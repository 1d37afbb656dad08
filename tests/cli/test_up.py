"""The embedded service: started whole, and ended with nothing left."""

import shutil
import signal
import socket
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from sqlalchemy import Engine

from steelyard.cli.startup import CannotStart, prepare_data_dir, prepare_socket_dir
from steelyard.cli.up import _free_port, _lock, _url, _valkey_command, _watch_start
from steelyard.jobs import heartbeats
from steelyard.jobs.doorbell import Doorbell
from steelyard.settings import Settings
from tests.conftest import wait_for
from tests.service import Service


@pytest.fixture
def hangup() -> Iterator[None]:
    """SIGHUP ends what is started, even where the tests themselves were started with `nohup`."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("hangup")
def test_a_service_starts_without_a_warning_keeps_its_files_and_ends_with_its_terminal(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    data_dir.mkdir(mode=0o755)
    with Service.start(data_dir) as service:
        said = service.last_words().lower()
        modes = {path.name: mode(path) for path in data_dir.iterdir() if path.is_file()}
        family = psutil.Process(service.process.pid).children(recursive=True)
        service.process.send_signal(signal.SIGHUP)  # as a terminal that is closed sends it
        service.process.communicate(timeout=60)
        assert service.process.returncode == 0
        assert psutil.wait_procs(family, timeout=5)[1] == []
    assert "warning" not in said.replace("[warning", "warning"), said
    assert mode(data_dir) == 0o755  # it has a file that is not the service's: what tests log
    log = modes.pop("log")
    assert log & 0o044  # made by the test, and left alone
    assert {"steelyard.db", "steelyard.db-wal", "steelyard.db-reserve", "lock"} <= modes.keys()
    assert {*modes.values()} == {0o600}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("folder", ["short", "a-path-that-is-longer-than-a-socket-may-have" * 3])
def test_the_embedded_broker_answers_wherever_the_data_are(tmp_path: Path, folder: str) -> None:
    settings = Settings(data_dir=tmp_path / folder)
    prepare_data_dir(settings)
    prepare_socket_dir(settings)
    settings.socket.touch()  # left by a server that was killed
    doorbell = Doorbell(settings.broker)
    with subprocess.Popen(_valkey_command(settings)) as broker:
        wait_for(doorbell.answers)
        assert mode(settings.socket) == 0o700
        broker.terminate()
    doorbell.close()
    assert {path.name for path in settings.data_dir.iterdir()} <= {"valkey.log", "valkey.sock"}
    if settings.socket.parent != settings.data_dir:
        shutil.rmtree(settings.socket.parent)


def test_a_data_directory_is_held_by_one_service(tmp_path: Path) -> None:
    with (
        _lock(tmp_path),
        pytest.raises(CannotStart, match="already running on"),
    ):
        _lock(tmp_path)
    _lock(tmp_path).close()


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("localhost", "http://localhost:8000"),
        ("::1", "http://[::1]:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
    ],
)
def test_the_service_is_asked_at_an_address_of_this_machine(host: str, url: str) -> None:
    assert _url(Settings(host=host, allow_open=True)) == url


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_free_port_can_be_listened_on(host: str) -> None:
    port = _free_port(host)
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as listening:
        listening.bind((host, port))
        assert listening.getsockname()[1] == port


def test_a_start_is_given_up_when_the_service_is_not_ready_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steelyard.cli.up.READY_SECONDS", 0.0)
    with pytest.raises(CannotStart, match="was not ready within 0 s; the log says why"):
        list(_watch_start("http://127.0.0.1:1"))


def test_ready_is_printed_once_when_a_job_can_be_posted(
    url: str, database: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    steps = _watch_start(url)
    assert next(steps) == next(steps) == 0.05  # there is no worker yet
    assert capsys.readouterr().out == ""
    heartbeats.announce(database, "w", concurrency=1)
    assert next(steps) == next(steps) == 0.2
    assert capsys.readouterr().out == f"ready {url}\n"
    steps.close()
