"""The process that training processes are forked from."""

import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from steelyard.settings import Settings
from steelyard_worker.fork_client import ForkFailed, ForkServer
from tests.worker.conftest import child, server_of

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


@pytest.fixture
def own_fork_server(settings: Settings) -> Iterator[ForkServer]:
    """A fork server of this test alone."""
    fork_server = ForkServer(settings)
    yield fork_server
    fork_server.stop()


def wait_until_idle(server: psutil.Process) -> None:
    """Return once it has loaded everything, and waits for a question."""
    while server.status() != psutil.STATUS_SLEEPING:
        time.sleep(0.1)


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
