"""Training processes are forked from a process that holds nothing which a fork would share."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import psutil
import pytest

from steelyard.settings import Settings
from steelyard_worker import fork_client
from steelyard_worker.fork_client import Child, ForkFailed, ForkServer, ForkServerGone
from steelyard_worker.process import ProcessDied, TrainingProcess

# A module that Python imports at its start: forks fail while there is a file of this name.
WITHOUT_MEMORY = """
import os
fork = os.fork
def fail_if_asked():
    if os.path.exists({name!r}):
        raise OSError(12, "Cannot allocate memory")
    return fork()
os.fork = fail_if_asked
"""


@pytest.fixture(scope="module")
def fork_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkServer]:
    """A fork server over a data directory of its own."""
    ours = ForkServer(Settings(data_dir=tmp_path_factory.mktemp("fork server")))
    yield ours
    ours.stop()


@contextmanager
def child(fork_server: ForkServer) -> Iterator[tuple[Child, psutil.Process, IO[bytes]]]:
    """A forked process, and the end of the pipe that its orders come through."""
    (orders, orders_end), (reports_end, reports) = os.pipe(), os.pipe()
    with os.fdopen(reports_end, "rb"), os.fdopen(orders_end, "wb") as to_child:
        try:
            forked = fork_server.fork(orders, reports)
        finally:
            os.close(orders)
            os.close(reports)
        yield forked, psutil.Process(forked.process_id), to_child


def server_of(process: psutil.Process) -> psutil.Process:
    server = process.parent()
    assert server is not None
    return server


def wait_until_idle(server: psutil.Process) -> None:
    """Return once it has loaded everything, and waits for a question."""
    while server.status() != psutil.STATUS_SLEEPING:
        time.sleep(0.1)


def test_a_child_ends_well_when_its_orders_end(fork_server: ForkServer) -> None:
    with child(fork_server) as (forked, _, to_child):
        to_child.close()
        assert fork_server.wait(forked) == 0


def test_a_child_that_is_killed_is_told_by_its_signal(fork_server: ForkServer) -> None:
    with child(fork_server) as (forked, process, to_child):
        process.send_signal(signal.SIGALRM)
        assert fork_server.wait(forked) == -signal.SIGALRM
        to_child.close()


def test_the_process_that_is_forked_has_one_thread_and_no_connection_but_the_workers(fork_server: ForkServer) -> None:
    with child(fork_server) as (forked, process, to_child):
        server = server_of(process)
        wait_until_idle(server)
        assert server.num_threads() == 1
        open_files = [str(file.readlink()) for file in Path(f"/proc/{server.pid}/fd").iterdir()]
        assert sum(name.startswith("socket:") for name in open_files) == 1
        assert not [file for file in server.open_files() if file.fd > 2]
        to_child.close()
        fork_server.wait(forked)


def test_children_do_not_hold_one_anothers_pipes(fork_server: ForkServer) -> None:
    with child(fork_server) as (first, _, first_orders), child(fork_server) as (second, _, second_orders):
        first_orders.close()  # the first sees the end of its orders although the second lives
        assert fork_server.wait(first) == 0
        second_orders.close()
        assert fork_server.wait(second) == 0


@pytest.mark.parametrize("what", ["dies", "does not answer"])
def test_when_the_fork_server_is_lost_so_are_its_children_and_the_next_fork_starts_another(
    fork_server: ForkServer, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    with child(fork_server) as (forked, process, _):
        before = server_of(process)
        if what == "dies":
            before.kill()
            before.wait(10)
        else:
            before.suspend()
            monkeypatch.setattr(fork_client, "ANSWER_SECONDS", 0.1)
            with pytest.raises(ForkServerGone), child(fork_server):
                pass
            monkeypatch.undo()
        process.wait(10)
        with pytest.raises(ForkServerGone):
            fork_server.wait(forked)
    with child(fork_server) as (forked, process, to_child):
        assert server_of(process).pid != before.pid
        to_child.close()
        assert fork_server.wait(forked) == 0


def test_a_fork_that_fails_leaves_the_fork_server_and_its_children_alive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_fork_server: ForkServer
) -> None:
    no_memory = tmp_path / "no memory"
    (tmp_path / "sitecustomize.py").write_text(WITHOUT_MEMORY.format(name=str(no_memory)))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with child(own_fork_server) as (first, process, first_orders):
        before = server_of(process)
        no_memory.touch()
        with pytest.raises(ForkFailed, match="Cannot allocate memory"), child(own_fork_server):
            pass
        no_memory.unlink()
        with child(own_fork_server) as (second, another, second_orders):
            assert server_of(another) == before
            second_orders.close()
            assert own_fork_server.wait(second) == 0
        first_orders.close()
        assert own_fork_server.wait(first) == 0


def test_a_fork_server_that_cannot_start_is_an_error_of_each_fork(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONHOME", str(tmp_path))  # there is no Python in it
    fork_server = ForkServer(Settings(data_dir=tmp_path))
    orders, reports = os.pipe()
    with pytest.raises(ForkServerGone):
        fork_server.fork(orders, reports)
    with pytest.raises(ProcessDied, match="fork server"):
        TrainingProcess(fork_server)
    fork_server.stop()
    os.close(orders)
    os.close(reports)
