"""Puts a training job into the queue."""

from sqlalchemy import Connection, Engine

from steelyard.documents.writer import dump, to_values
from steelyard.jobs import ledger
from steelyard.jobs.webhooks import outbox
from steelyard.store import replies
from steelyard.store.engine import writing
from steelyard.store.ids import new_id
from steelyard.store.replies import Once
from steelyard.training.kind import TRAINING
from steelyard.training.plan import Plan
from steelyard.training.schema.job import Job


def submit(engine: Engine, plan: Plan, *, request_id: str | None = None, once: Once | None = None) -> Job:
    """Commit a new job, and give it as it was committed. Ring for it afterwards: the row is what counts.

    With `once` the job is kept as the answer to that request, as JSON. Raises `AnsweredAlready` if it has one.
    """
    with writing(engine) as connection:
        job_id = enqueue(connection, plan, request_id=request_id)
        job = TRAINING.read(connection, job_id)
        if once is not None:
            replies.keep(connection, once, dump(job))
    return job


def enqueue(connection: Connection, plan: Plan, *, request_id: str | None = None) -> str:
    """Queue a job in this transaction, and give its id."""
    job_id = new_id(TRAINING.prefix)
    values = {
        "kind": TRAINING.name,
        "name": plan.spec.name,
        "labels": plan.spec.metadata,
        "spec": plan.spec.to_json(),
        "spec_digest": plan.digest,
        "started_from": plan.spec.initial_weights and plan.spec.initial_weights.model,
        "data": plan.data.to_json() | {"findings": [to_values(finding) for finding in plan.findings]},
        "choices": [choice.to_json() for choice in plan.choices],
        "parameters": plan.parameters,
        "request_id": request_id,
        "epochs": plan.spec.epochs,
    }
    ledger.enqueue(connection, job_id, inline=plan.inline, datasets=plan.datasets, **values)
    if plan.webhook is not None:
        outbox.add(connection, job_id, plan.webhook)
    return job_id
