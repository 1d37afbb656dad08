"""Studies: groups of jobs that answer one question."""

from collections.abc import Callable

import orjson
from flask import Blueprint, Response, g, url_for

from steelyard.datasets.reader_pool import Readers
from steelyard.documents.strict_json import read_document
from steelyard.documents.writer import dump
from steelyard.http.idempotency import answer_once
from steelyard.http.query import AFTER, LIMIT, Query
from steelyard.http.routing import Operation, reply, route, take_json
from steelyard.http.services import service
from steelyard.jobs.api import ring
from steelyard.settings import Settings
from steelyard.store.engine import Engine
from steelyard.store.replies import Once
from steelyard.studies import mend, study
from steelyard.studies.schema import Mend, MendList, MendRequest
from steelyard.training.estimate import Limits

mends = Blueprint("mends", __name__)
RETRY_SECONDS = 1
OF_JOB = Query("job", "string", "only mends of this job")


@route(
    mends,
    "POST",
    "/v1/jobs/<job_id>/mend",
    Operation(
        "Train a job and a changed one on the same seeds, to see whether the patches of its findings help",
        {202: Mend},
        body=MendRequest,
        keyed=True,
        problems=(404, 409, 413, 415, 422),
    ),
)
def mend_job(job_id: str) -> Response:
    """Queue the jobs of the comparison."""
    answer, headers = answer_once(_submitter(job_id))
    headers["Location"] = url_for("mends.get_mend", mend_id=orjson.loads(answer)["id"])
    headers["Retry-After"] = str(RETRY_SECONDS)
    return reply(answer, 202, headers=headers)


def _submitter(job_id: str) -> Callable[[Once | None], bytes]:
    def submit(once: Once | None) -> bytes:
        engine, limits = service(Engine), Limits(service(Settings).max_job_memory_bytes)
        asked = mend.read_request(read_document(take_json()))
        made, jobs = mend.submit(engine, service(Readers), limits, job_id, asked, request_id=g.request_id, once=once)
        for each in jobs:
            ring(each)
        return dump(made)

    return submit


@route(
    mends,
    "GET",
    "/v1/mends",
    Operation("List mends, newest first", {200: MendList}, query=(OF_JOB, LIMIT, AFTER), problems=(400, 422)),
)
def list_mends(*, job: str | None, limit: int, after: str | None) -> MendList:
    """The newest mends."""
    return MendList.of(mend.list_mends(service(Engine), job=job, limit=limit, after=after))


@route(mends, "GET", "/v1/mends/<mend_id>", Operation("Get a mend", {200: Mend}, problems=(404,)))
def get_mend(mend_id: str) -> Mend:
    """Each pair of jobs, the mean difference with its standard error, and the verdict."""
    return mend.get(service(Engine), mend_id)


@route(
    mends,
    "POST",
    "/v1/mends/<mend_id>/cancel",
    Operation("Cancel the jobs of a mend that have not ended", {202: Mend}, problems=(404, 409)),
)
def cancel_mend(mend_id: str) -> Response:
    """Cancel all jobs that are queued or running."""
    study.cancel(service(Engine), mend.KIND, mend_id)
    return reply(mend.get(service(Engine), mend_id), 202)


@route(
    mends,
    "DELETE",
    "/v1/mends/<mend_id>",
    Operation("Delete a mend with its jobs and all their results", {204: None}, problems=(404, 409)),
)
def delete_mend(mend_id: str) -> Response:
    """Delete it. One with a running job must be cancelled first."""
    study.remove(service(Engine), mend.KIND, mend_id)
    return Response(status=204)
