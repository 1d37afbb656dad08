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
from steelyard_worker.nursery import Child, Nursery, NurseryDied
from steelyard_worker.process import ProcessDied, TrainingProcess


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """A nursery over a data directory of its own."""
    ours = Nursery(Settings(data_dir=tmp_path_factory.mktemp("nursery")))
    yield ours
    ours.stop()


@contextmanager
def child(nursery: Nursery) -> Iterator[tuple[Child, psutil.Process, int]]:
    """A forked process, and the end of the pipe that its orders come through."""
    (orders, orders_end), (reports_end, reports) = os.pipe(), os.pipe()
    forked = nursery.fork(orders, reports)
    os.close(orders)
    os.close(reports)
    try:
        yield forked, psutil.Process(forked.process_id), orders_end
    finally:
        os.close(reports_end)


def template_of(process: psutil.Process) -> psutil.Process:
    template = process.parent()
    assert template is not None
    return template


def wait_until_idle(template: psutil.Process) -> None:
    """Return once it has loaded everything, and waits for a question."""
    while template.status() != psutil.STATUS_SLEEPING:
        time.sleep(0.1)


def test_a_child_ends_well_when_its_orders_end(nursery: Nursery) -> None:
    with child(nursery) as (forked, _, orders_end):
        os.close(orders_end)
        assert nursery.wait(forked) == 0


def test_a_child_that_is_killed_is_told_by_its_signal(nursery: Nursery) -> None:
    with child(nursery) as (forked, process, orders_end):
        process.send_signal(signal.SIGALRM)
        assert nursery.wait(forked) == -signal.SIGALRM
        os.close(orders_end)


def test_the_process_that_is_forked_has_one_thread_and_no_connection_but_the_workers(nursery: Nursery) -> None:
    with child(nursery) as (forked, process, orders_end):
        template = template_of(process)
        wait_until_idle(template)
        assert template.num_threads() == 1
        open_files = [str(file.readlink()) for file in Path(f"/proc/{template.pid}/fd").iterdir()]
        assert sum(name.startswith("socket:") for name in open_files) == 1
        assert not [file for file in template.open_files() if file.fd > 2]
        os.close(orders_end)
        nursery.wait(forked)


def test_children_do_not_hold_one_anothers_pipes(nursery: Nursery) -> None:
    with child(nursery) as (first, _, first_end), child(nursery) as (second, _, second_end):
        os.close(first_end)  # the first sees the end of its orders although the second lives
        assert nursery.wait(first) == 0
        os.close(second_end)
        assert nursery.wait(second) == 0


def test_when_the_template_dies_its_children_do_and_the_next_question_finds_another(nursery: Nursery) -> None:
    with child(nursery) as (forked, process, orders_end):
        before = template_of(process)
        before.kill()
        before.wait(10)
        process.wait(10)
        with pytest.raises(NurseryDied):
            nursery.wait(forked)
        os.close(orders_end)
    with child(nursery) as (forked, process, orders_end):
        assert template_of(process).pid != before.pid
        os.close(orders_end)
        assert nursery.wait(forked) == 0


def test_a_template_that_cannot_start_is_told_to_whoever_wants_a_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONHOME", str(tmp_path))  # there is no Python in it
    nursery = Nursery(Settings(data_dir=tmp_path))
    orders, reports = os.pipe()
    with pytest.raises(NurseryDied):
        nursery.fork(orders, reports)
    with pytest.raises(ProcessDied, match="fork server"):
        TrainingProcess(nursery)
    nursery.stop()
    os.close(orders)
    os.close(reports)
