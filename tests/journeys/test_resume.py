"""Jobs that ended too early go on when their owner asks, and end with the bytes of a job that nothing disturbed."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from steelyard.jobs.ledger import CRASHES_BEFORE_FAILURE
from steelyard.store.engine import make_engine, writing
from steelyard.store.tables import Job
from tests.service import Service

EPOCHS = 900
SPEC: dict[str, Any] = {
    "data": {"builtin": "digits"},
    "layers": [64, {"type": "dropout", "rate": 0.2}, {"type": "batch_normalization"}, 32],
    "training": {"epochs": EPOCHS, "batch_size": 16, "schedule": "cosine"},
}


@pytest.fixture(scope="module")
def undisturbed(service: Service) -> dict[str, Any]:
    job = service.wait(service.post(SPEC)["id"])
    assert job["status"] == "succeeded"
    return job


def cancel(service: Service, job_id: str) -> str:
    assert service.http.post(f"/v1/jobs/{job_id}/cancel").status_code == 202
    return "cancelled"


def lose(service: Service, job_id: str) -> str:
    """Kill the training for the last time that is allowed."""
    engine = make_engine(f"sqlite:///{service.data_dir / 'steelyard.db'}")
    training = service.training_processes()
    for process in training:
        process.suspend()  # so that no checkpoint forgives the crashes
    with writing(engine) as connection:
        connection.execute(update(Job).where(Job.id == job_id).values(crashes=CRASHES_BEFORE_FAILURE - 1))
    engine.dispose()
    for process in training:
        process.kill()
    return "failed"


@pytest.mark.parametrize("end", [cancel, lose])
def test_a_resumed_job_ends_with_the_bytes_of_an_undisturbed_one(
    service: Service, undisturbed: dict[str, Any], end: Callable[[Service, str], str]
) -> None:
    job_id = service.post(SPEC)["id"]
    service.wait_until(job_id, lambda job: job["progress"]["epoch"] > 5)
    status = end(service, job_id)
    ended = service.wait(job_id)
    assert ended["status"] == status
    answer = service.http.post(f"/v1/jobs/{job_id}/resume")
    assert answer.status_code == 202, answer.text
    assert answer.json()["attempt"] == ended["attempt"] + 1
    job = service.wait(job_id)
    assert (job["status"], job["error"]) == ("succeeded", None)
    assert job["weights_sha256"] == undisturbed["weights_sha256"]
    assert service.http.get(f"/v1/jobs/{job_id}/history").json()["epochs"] == list(range(1, EPOCHS + 1))
    messages = [event["message"] for event in service.http.get(f"/v1/jobs/{job_id}/events").json()["data"]]
    assert any(message.startswith("continuing from epoch") for message in messages)
    again = service.http.post(f"/v1/jobs/{job_id}/resume")
    assert again.status_code == 409
    assert "has succeeded" in again.json()["detail"]


def test_a_job_that_is_resumed_has_the_whole_time_limit_again(service: Service, undisturbed: dict[str, Any]) -> None:
    limit = max(0.5, undisturbed["train_seconds"] / 2)
    spec = {**SPEC, "training": {**SPEC["training"], "time_limit_seconds": limit}}
    job = service.wait(service.post(spec)["id"])
    resumed = 0
    while job["status"] == "failed" and resumed < 20:  # as often as a machine that does much else needs
        assert job["error"]["type"] == "/problems/time-limit-exceeded"
        reached = job["progress"]["epoch"]
        assert service.http.post(f"/v1/jobs/{job['id']}/resume").status_code == 202
        resumed += 1
        job = service.wait(job["id"])
        assert job["progress"]["epoch"] > reached  # it goes on from where the limit ended it
    assert (job["status"], job["weights_sha256"]) == ("succeeded", undisturbed["weights_sha256"])
    assert resumed > 0
    assert job["train_seconds"] > limit


def test_a_job_that_was_cancelled_while_it_waited_begins(service: Service) -> None:
    """It is cancelled and resumed while others keep the worker busy."""
    long = {**SPEC, "training": {"epochs": 100_000}}
    others = [service.post(long)["id"] for _ in range(2)]
    for job_id in others:
        service.wait_until(job_id, lambda job: job["status"] == "running")
    waiting = service.post({**SPEC, "training": {"epochs": 1}})["id"]
    assert service.http.post(f"/v1/jobs/{waiting}/cancel").json()["status"] == "cancelled"
    assert service.http.post(f"/v1/jobs/{waiting}/resume").json()["status"] == "queued"
    assert service.http.post(f"/v1/jobs/{waiting}/resume").status_code == 409
    for job_id in others:
        cancel(service, job_id)
    assert service.wait(waiting)["status"] == "succeeded"


def test_what_is_not_there_cannot_be_resumed(service: Service) -> None:
    assert service.http.post("/v1/jobs/job_none/resume").status_code == 404
