"""A job is committed once, with all that belongs to it, on SQLite and on PostgreSQL."""

from typing import Any

import orjson
import pytest
from sqlalchemy import Engine, func, select

from steelyard.documents.writer import dump
from steelyard.jobs import queries
from steelyard.store import replies
from steelyard.store.engine import reading
from steelyard.store.replies import AnsweredAlready, Once
from steelyard.store.tables import Job, Webhook
from steelyard.training import submission
from steelyard.training.queries import get_job, list_jobs
from tests.training.jobs import job, read

KEY = Once("key-1", "0" * 64)


def column(engine: Engine, *columns: Any) -> Any:
    with reading(engine) as connection:
        return connection.execute(select(*columns)).one()


def test_a_job_is_stored_as_it_was_planned(engine: Engine) -> None:
    plan = read(job(name="first", metadata={"team": "a"}, training={"epochs": 7}))
    made = submission.submit(engine, plan, request_id="req_9")
    assert made == get_job(engine, made.id)
    assert (made.status, made.name, made.metadata, made.progress.epochs) == ("queued", "first", {"team": "a"}, 7)
    assert (made.spec, made.spec_digest, made.parameters) == (plan.spec.to_json(), plan.digest, plan.parameters)
    assert column(engine, Job.request_id, Job.kind) == ("req_9", "training")


def test_rows_inside_a_job_are_stored_beside_it(engine: Engine) -> None:
    plan = read(job(data={"inline": {"x": [[0], [1]], "y": [0, 1]}}))
    made = submission.submit(engine, plan)
    order = queries.load_order(engine, made.id)
    assert (order.inline, order.spec_digest, order.kind) == (plan.inline, plan.digest, "training")
    assert order.spec == plan.spec.to_json()


def test_what_was_found_in_the_data_is_shown_with_the_job(engine: Engine) -> None:
    rows = [{"id": f"c{n:05}", "a": n % 5, "y": n % 3 * 0.5} for n in range(30)]
    plan = read(job(data={"inline": {"rows": rows}, "target": "y"}))
    made = submission.submit(engine, plan)
    assert plan.findings
    assert made.findings == plan.findings
    assert made.data == plan.data


def test_a_webhook_is_stored_with_its_secret_which_the_job_does_not_show(engine: Engine) -> None:
    secret = "whsec_" + "c2VjcmV0" * 4
    plan = read(job(webhook={"url": "https://example.com/hook", "secret": secret}))
    made = submission.submit(engine, plan)
    assert column(engine, Webhook.job_id, Webhook.url, Webhook.secret) == (made.id, "https://example.com/hook", secret)
    assert made.spec["webhook"] == {"url": "https://example.com/hook"}
    assert secret not in dump(made).decode()


def test_an_answer_is_kept_with_its_job_and_a_second_request_leaves_none(engine: Engine) -> None:
    plan = read(job())
    made = submission.submit(engine, plan, once=KEY)
    kept = replies.find(engine, KEY)
    assert kept is not None
    assert orjson.loads(kept)["id"] == made.id
    with pytest.raises(AnsweredAlready):
        submission.submit(engine, plan, once=KEY)
    assert [each.id for each in list_jobs(engine).data] == [made.id]
    assert column(engine, func.count(Job.id)) == (1,)
