"""Training processes are forked from a process that holds nothing which a fork would share."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from steelyard.settings import Settings
from steelyard_worker.fork_client import Child, ForkServer, ForkServerGone
from steelyard_worker.process import ProcessDied, TrainingProcess


@pytest.fixture(scope="module")
def fork_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkServer]:
    """A fork server over a data directory of its own."""
    ours = ForkServer(Settings(data_dir=tmp_path_factory.mktemp("fork server")))
    yield ours
    ours.stop()


@contextmanager
def child(fork_server: ForkServer) -> Iterator[tuple[Child, psutil.Process, int]]:
    """A forked process, and the end of the pipe that its orders come through."""
    (orders, orders_end), (reports_end, reports) = os.pipe(), os.pipe()
    forked = fork_server.fork(orders, reports)
    os.close(orders)
    os.close(reports)
    try:
        yield forked, psutil.Process(forked.process_id), orders_end
    finally:
        os.close(reports_end)


def server_of(process: psutil.Process) -> psutil.Process:
    server = process.parent()
    assert server is not None
    return server


def wait_until_idle(server: psutil.Process) -> None:
    """Return once it has loaded everything, and waits for a question."""
    while server.status() != psutil.STATUS_SLEEPING:
        time.sleep(0.1)


def test_a_child_ends_well_when_its_orders_end(fork_server: ForkServer) -> None:
    with child(fork_server) as (forked, _, orders_end):
        os.close(orders_end)
        assert fork_server.wait(forked) == 0


def test_a_child_that_is_killed_is_told_by_its_signal(fork_server: ForkServer) -> None:
    with child(fork_server) as (forked, process, orders_end):
        process.send_signal(signal.SIGALRM)
        assert fork_server.wait(forked) == -signal.SIGALRM
        os.close(orders_end)


def test_the_process_that_is_forked_has_one_thread_and_no_connection_but_the_workers(fork_server: ForkServer) -> None:
    with child(fork_server) as (forked, process, orders_end):
        server = server_of(process)
        wait_until_idle(server)
        assert server.num_threads() == 1
        open_files = [str(file.readlink()) for file in Path(f"/proc/{server.pid}/fd").iterdir()]
        assert sum(name.startswith("socket:") for name in open_files) == 1
        assert not [file for file in server.open_files() if file.fd > 2]
        os.close(orders_end)
        fork_server.wait(forked)


def test_children_do_not_hold_one_anothers_pipes(fork_server: ForkServer) -> None:
    with child(fork_server) as (first, _, first_end), child(fork_server) as (second, _, second_end):
        os.close(first_end)  # the first sees the end of its orders although the second lives
        assert fork_server.wait(first) == 0
        os.close(second_end)
        assert fork_server.wait(second) == 0


def test_when_the_template_dies_its_children_do_and_the_next_question_finds_another(fork_server: ForkServer) -> None:
    with child(fork_server) as (forked, process, orders_end):
        before = server_of(process)
        before.kill()
        before.wait(10)
        process.wait(10)
        with pytest.raises(ForkServerGone):
            fork_server.wait(forked)
        os.close(orders_end)
    with child(fork_server) as (forked, process, orders_end):
        assert server_of(process).pid != before.pid
        os.close(orders_end)
        assert fork_server.wait(forked) == 0


def test_a_template_that_cannot_start_is_told_to_whoever_wants_a_process(
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
