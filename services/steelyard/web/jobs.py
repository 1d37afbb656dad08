"""Training jobs."""

from functools import partial
from typing import Any

import orjson
from flask import Blueprint, Response, g, request, url_for

from steelyard.datasets import library
from steelyard.datasets.inline import LARGE_BYTES, read_large_job
from steelyard.documents.strict_json import read_document
from steelyard.errors import InvalidRequest, shown
from steelyard.jobs import ledger, queries, results, resumption
from steelyard.jobs.feed import Cursor, read_feed
from steelyard.jobs.states import ENDED, STATUSES
from steelyard.jobs.webhooks.address_policy import require_reach
from steelyard.models.start import require_start
from steelyard.store.replies import Once
from steelyard.training.estimate import Limits
from steelyard.training.plan import Plan, read_job
from steelyard.web import deferral
from steelyard.web.deferral import Stream, Wait
from steelyard.web.idempotency import answer_once, read_key
from steelyard.web.pagination import CSV, as_csv, as_list, as_rows
from steelyard.web.query import AFTER, LIMIT, MOST_OFFSET, Query
from steelyard.web.routing import JSON, Operation, choose_form, reply, route, stream, take_json
from steelyard.web.wiring import services

jobs = Blueprint("jobs", __name__)
MOST_SECONDS = 60
RETRY_SECONDS = 1
EVENT_STREAM = "text/event-stream"
DRY_RUN = Query("dry_run", "boolean", "only say what the job would be", default=False)
WAIT = Query("wait", "number", "how many seconds to wait at most", default=0, least=0, most=MOST_SECONDS)
UNTIL_DOC = "what to wait for: a change of status, or the end"
UNTIL = Query("until", "string", UNTIL_DOC, default="changed", choices=("changed", "ended"))
FILTERS = (
    Query("status", "string", "only jobs in this state", choices=STATUSES),
    Query("name", "string", "only jobs of this name"),
    Query("metadata", "labels", "only jobs with these labels: `metadata[key]=value`"),
)
SPLIT = Query("split", "string", "which rows", default="validation", choices=("train", "validation", "test"))
ROWS = Query("limit", "integer", "how many rows at most", default=50, least=1, most=10_000)
ROW = Query("after", "integer", "how many rows to leave out", default=0, least=0, most=MOST_OFFSET)
EPOCH = Query("after", "integer", "only epochs later than this one", default=0, least=0, most=MOST_OFFSET)
EVENT = Query("after", "integer", "only events later than this one", default=0, least=0, most=MOST_OFFSET)


@route(
    jobs,
    "POST",
    "/v1/jobs",
    Operation(
        "Submit a training job",
        {202: "Job", 200: "DryRun"},
        body="JobRequest",
        query=(DRY_RUN,),
        keyed=True,
        problems=(409, 413, 415, 422),
    ),
)
def submit_job(*, dry_run: bool) -> Response:
    """Read the job, commit it, ring for it; or say what it would be."""
    if dry_run:
        read_key()  # a wrong one would be rejected without `dry_run`, too
        plan = _read_plan()
        facts = {"spec": plan.spec.to_json(), "spec_digest": plan.digest, "data": plan.data.to_json()}
        return reply({"object": "dry_run", **facts, "parameters": plan.parameters, "estimate": plan.estimate.to_json()})
    answer, headers = answer_once(_create_job)
    headers["Location"] = url_for("jobs.get_job", job_id=orjson.loads(answer)["id"])
    headers["Retry-After"] = str(RETRY_SECONDS)
    return reply(answer, 202, headers=headers)


def _create_job(once: Once | None) -> bytes:
    ours = services()
    job = ledger.submit(ours.engine, _read_plan(), request_id=g.request_id, once=once)
    if not ours.doorbell.ring(job["id"]):
        ours.meters.lost_rings.inc()
    return orjson.dumps(job)


def _read_plan() -> Plan:
    ours = services()
    body = take_json()
    taken = read_large_job(ours.readers, body) if len(body) > LARGE_BYTES else None
    document = read_document(body) if taken is None else taken[0]
    del body
    limits = Limits(ours.settings.max_job_memory_bytes)
    plan = read_job(document, limits=limits, tables=partial(library.load_table, ours.engine), taken=taken)
    plan = require_start(ours.engine, plan)
    if plan.webhook is not None:
        require_reach(plan.webhook, ours.settings.webhook_networks)
    return plan


@route(
    jobs,
    "GET",
    "/v1/jobs",
    Operation("List jobs, newest first", {200: "JobList"}, query=(*FILTERS, LIMIT, AFTER), problems=(400, 422)),
)
def list_jobs(**filters: Any) -> dict[str, Any]:
    """The newest jobs."""
    return as_list(queries.list_jobs(services().engine, **filters))


@route(jobs, "GET", "/v1/jobs/<job_id>", Operation("Get a job", {200: "Job"}, query=(WAIT, UNTIL), problems=(404, 422)))
def get_job(job_id: str, *, wait: float, until: str) -> dict[str, Any]:
    """The job; with `wait`, once its status has changed or it has ended, or after so many seconds."""
    job = queries.get_job(services().engine, job_id)
    if wait and job["status"] not in ENDED:
        deferral.leave(Wait(job_id, job["status"], until == "ended", wait))
    return job


@route(
    jobs,
    "DELETE",
    "/v1/jobs/<job_id>",
    Operation("Delete a job and all that hangs on it", {204: None}, problems=(404, 409)),
)
def delete_job(job_id: str) -> Response:
    """Delete the job."""
    ledger.remove(services().engine, job_id)
    return Response(status=204)


@route(jobs, "POST", "/v1/jobs/<job_id>/cancel", Operation("Cancel a job", {202: "Job"}, problems=(404, 409)))
def cancel_job(job_id: str) -> Response:
    """Call the job off."""
    engine = services().engine
    ledger.request_cancel(engine, job_id)
    return reply(queries.get_job(engine, job_id), 202)


@route(
    jobs,
    "POST",
    "/v1/jobs/<job_id>/resume",
    Operation(
        "Resume a cancelled job, or one that failed with worker-lost or time-limit-exceeded, from its last checkpoint",
        {202: "Job"},
        problems=(404, 409),
    ),
)
def resume_job(job_id: str) -> Response:
    """Put the job back into the queue, and ring for it."""
    ours = services()
    resumption.resume(ours.engine, job_id)
    if not ours.doorbell.ring(job_id):
        ours.meters.lost_rings.inc()
    return reply(queries.get_job(ours.engine, job_id), 202)


@route(
    jobs,
    "GET",
    "/v1/jobs/<job_id>/history",
    Operation("What each epoch measured", {200: "History"}, query=(EPOCH,), forms=(CSV,), problems=(404, 406, 422)),
)
def get_history(job_id: str, *, after: int) -> Response:
    """The history, or the part of it after an epoch."""
    form = choose_form((JSON, CSV))
    history = queries.get_history(services().engine, job_id, after=after)
    if form == JSON:
        return reply(history)
    series = history["series"]
    rows = zip(history["epochs"], *series.values(), strict=True)
    return reply(b"".join(as_csv(["epoch", *series], [rows])), content_type=CSV)


@route(
    jobs,
    "GET",
    "/v1/jobs/<job_id>/events",
    Operation(
        "What happened to a job, oldest first",
        {200: "EventList", 204: None},
        query=(LIMIT, EVENT),
        forms=(EVENT_STREAM,),
        problems=(400, 404, 406, 422),
    ),
)
def list_events(job_id: str, *, limit: int, after: int) -> Response:
    """The job's events: a list, or as server-sent events what has happened and what happens until the job has ended.

    Server-sent events have the types `status`, `epoch`, `finding` and `log`; a client that sends the last `id` that it
    got as `Last-Event-ID` goes on after it, and is answered with 204 when nothing will follow.
    """
    if choose_form((JSON, EVENT_STREAM)) == JSON:
        return reply(as_list(queries.list_events(services().engine, job_id, limit=limit, after=after)))
    cursor = _read_cursor(request.headers.get("Last-Event-ID"), after)
    feed = read_feed(services().engine, job_id, cursor)
    if feed.is_end and not feed.happened and "Last-Event-ID" in request.headers:
        return Response(status=204)  # else browsers would connect again and again
    deferral.leave(Stream(job_id, cursor))
    return Response(iter(()), content_type=EVENT_STREAM, headers={"Cache-Control": "no-store"})


def _read_cursor(last: str | None, after: int) -> Cursor:
    if not last:
        return Cursor(event=after)
    cursor = Cursor.parse(last)
    if cursor is None:
        raise InvalidRequest(f"the Last-Event-ID is {shown(last)}; it must be the id of an event of this stream")
    return cursor


@route(
    jobs,
    "GET",
    "/v1/jobs/<job_id>/predictions",
    Operation(
        "The stored predictions of a split",
        {200: "Predictions"},
        query=(SPLIT, ROWS, ROW),
        forms=(CSV,),
        problems=(404, 406, 422),
    ),
)
def get_predictions(job_id: str, *, split: str, limit: int, after: int) -> Response:
    """Row, target, prediction and probabilities of a split's rows."""
    form = choose_form((JSON, CSV))
    found = results.open_predictions(services().engine, job_id, split, limit=limit, after=after)
    if form == JSON:
        return stream(as_rows(found), version=found.version)
    classes = found.facts["classes"] or []
    header = ["row", "target", "prediction", *(f"probability of {label}" for label in classes)]
    blocks = (
        [[row["row"], row["target"], row["prediction"], *row.get("probabilities", ())] for row in rows]
        for rows in found.rows
    )
    return stream(as_csv(header, blocks), version=found.version, content_type=CSV)


@route(
    jobs,
    "GET",
    "/v1/jobs/<job_id>/report",
    Operation(
        "How good the predictions of a split are, class by class", {200: "Report"}, query=(SPLIT,), problems=(404, 422)
    ),
)
def get_report(job_id: str, *, split: str) -> dict[str, Any]:
    """Precision and recall of each class, which was taken for which, and whether probabilities keep their word."""
    return {"object": "report", **results.get_report(services().engine, job_id, split)}
