"""The embedded service: started whole, and ended with nothing left."""

import signal
import stat
from pathlib import Path

import psutil

from tests.service import Service


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
