"""Training processes are forked from one process, and the worker hears how they end."""

import os
import signal
from pathlib import Path

import pytest

from steelyard.settings import Settings
from steelyard_worker import fork_client
from steelyard_worker.fork_client import ForkServer, ForkServerGone
from steelyard_worker.process import ProcessDied, TrainingProcess
from tests.worker.conftest import child, server_of


def test_a_child_ends_well_when_its_orders_end(fork_server: ForkServer) -> None:
    with child(fork_server) as (forked, _, to_child):
        to_child.close()
        assert fork_server.wait(forked) == 0


def test_a_child_that_is_killed_is_told_by_its_signal(fork_server: ForkServer) -> None:
    with child(fork_server) as (forked, process, to_child):
        process.send_signal(signal.SIGALRM)
        assert fork_server.wait(forked) == -signal.SIGALRM
        to_child.close()


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
