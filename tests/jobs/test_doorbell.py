"""The doorbell rings, and does nothing else to the process that it rings from."""

import json
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import celery
import pytest
from kombu import Connection

from steelyard.jobs.doorbell import CONNECT_SECONDS, TASK, Doorbell, transport_options
from tests.conftest import wait_for


class Watched(list[str]):
    """A path of imports that remembers what was put on it."""

    def __init__(self, folders: list[str]) -> None:
        super().__init__(folders)
        self.added: list[Any] = []

    def insert(self, at: Any, folder: str) -> None:
        self.added.append(folder)
        super().insert(at, folder)

    def append(self, folder: str) -> None:
        self.insert(len(self), folder)


def test_a_ring_leaves_the_path_of_imports_alone(
    broker_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a folder that is not on the path already
    path = Watched(sys.path)
    monkeypatch.setattr(sys, "path", path)
    bell = Doorbell(broker_url)
    wait_for(bell.answers)
    assert bell.ring("job_1")
    bell.close()
    assert path.added == []


def test_a_doorbell_does_not_become_the_current_application_of_celery(broker_url: str) -> None:
    before = celery.current_app._get_current_object()
    Doorbell(broker_url)
    assert celery.current_app._get_current_object() is before


def test_a_message_has_the_name_of_the_task_and_the_id_of_the_job(broker_url: str) -> None:
    bell = Doorbell(broker_url)
    wait_for(bell.answers)
    assert bell.ring("job_doorbell")
    bell.close()
    with Connection(broker_url) as connection:  # type: ignore[no-untyped-call]
        waiting = [json.loads(message) for message in connection.default_channel.client.lrange("celery", 0, -1)]
    [message] = [each for each in waiting if "job_doorbell" in each["headers"]["argsrepr"]]
    assert message["headers"]["task"] == TASK
    assert message["headers"]["ignore_result"]
    assert message["content-type"] == "application/json"


def test_a_broker_that_is_not_there_is_given_up_at_once() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        bell = Doorbell(f"redis://127.0.0.1:{free.getsockname()[1]}/0")
        started = time.monotonic()
        assert not bell.ring("job_1")
        assert not bell.answers()
        assert time.monotonic() - started < 4 * CONNECT_SECONDS


def test_a_broker_that_hangs_up_is_asked_once() -> None:
    with socket.socket() as broker:
        broker.bind(("127.0.0.1", 0))
        broker.listen()
        bell = Doorbell(f"redis://127.0.0.1:{broker.getsockname()[1]}/0")
        for ask in (partial(bell.ring, "job_1"), bell.answers):
            with ThreadPoolExecutor(1) as pool:
                answer = pool.submit(ask)
                broker.accept()[0].close()
                assert not answer.result(timeout=10 * CONNECT_SECONDS)
            broker.settimeout(0.1)
            with pytest.raises(TimeoutError):
                broker.accept()
            broker.settimeout(None)


def test_a_broker_that_says_nothing_is_given_up_after_a_few_seconds() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        bell = Doorbell(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        started = time.monotonic()
        assert not bell.ring("job_1")
        assert time.monotonic() - started < 10 * CONNECT_SECONDS


def test_only_a_broker_that_has_such_options_gets_them() -> None:
    assert "socket_timeout" in transport_options("rediss://broker")
    assert {"socket_timeout", "socket_connect_timeout"}.isdisjoint(transport_options("amqp://broker"))
