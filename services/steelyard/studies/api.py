"""Studies: groups of jobs that answer one question."""

from collections.abc import Callable

import orjson
from flask import Blueprint, Response, g, url_for

from steelyard.datasets.reader_pool import Readers
from steelyard.documents.schema import Answer
from steelyard.documents.strict_json import read_document
from steelyard.documents.writer import dump
from steelyard.errors import PayloadTooLarge
from steelyard.http.idempotency import answer_once
from steelyard.http.query import AFTER, LIMIT, Query
from steelyard.http.routing import Operation, reply, route, take_json
from steelyard.http.services import service
from steelyard.jobs.api import ring
from steelyard.settings import Settings
from steelyard.store.engine import Engine
from steelyard.store.replies import Once
from steelyard.studies import initialization_lab, mend, study
from steelyard.studies.schema import InitializationLab, LabList, LabRequest, Mend, MendList, MendRequest
from steelyard.studies.study import Kind
from steelyard.training.estimate import Limits
from steelyard.training.large_inline import LARGE_BYTES

mends = Blueprint("mends", __name__)
labs = Blueprint("labs", __name__)
RETRY_SECONDS = 1
FEW = Query("limit", "integer", "maximum number of items", default=10, least=1, most=20)  # of up to 200 jobs each
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
    labs,
    "POST",
    "/v1/initialization-labs",
    Operation(
        "Compare initializers on a job: gains before any step, losses on the way, and the end, over seeds",
        {202: InitializationLab},
        body=LabRequest,
        keyed=True,
        problems=(409, 413, 415, 422),
    ),
)
def open_lab() -> Response:
    """Queue the jobs of the comparison."""
    answer, headers = answer_once(_submit_lab)
    headers["Location"] = url_for("labs.get_initialization_lab", lab_id=orjson.loads(answer)["id"])
    headers["Retry-After"] = str(RETRY_SECONDS)
    return reply(answer, 202, headers=headers)


def _submit_lab(once: Once | None) -> bytes:
    engine, limits = service(Engine), Limits(service(Settings).max_job_memory_bytes)
    body = take_json()
    if len(body) > LARGE_BYTES:
        raise PayloadTooLarge(f"a lab's job has at most {LARGE_BYTES >> 20} MiB; upload its rows as a data set")
    asked = initialization_lab.read_request(read_document(body))
    made, jobs = initialization_lab.submit(engine, limits, asked, request_id=g.request_id, once=once)
    for each in jobs:
        ring(each)
    return dump(made)


@route(
    labs,
    "GET",
    "/v1/initialization-labs",
    Operation("List initialization labs, newest first", {200: LabList}, query=(FEW, AFTER), problems=(400, 422)),
)
def list_initialization_labs(*, limit: int, after: str | None) -> LabList:
    """The newest labs."""
    return LabList.of(initialization_lab.list_labs(service(Engine), limit=limit, after=after))


@route(
    labs,
    "GET",
    "/v1/initialization-labs/<lab_id>",
    Operation("Get an initialization lab", {200: InitializationLab}, problems=(404,)),
)
def get_initialization_lab(lab_id: str) -> InitializationLab:
    """Each combination with its gains, losses and findings, and the verdict."""
    return initialization_lab.get(service(Engine), lab_id)


def _add_life(
    blueprint: Blueprint, kind: Kind, path: str, name: str, schema: type[Answer], get: Callable[[Engine, str], Answer]
) -> None:
    """Add the routes that cancel and delete a study as a whole."""
    noun = name.replace("_", " ")

    def cancel(**ids: str) -> Response:
        """Cancel all jobs that are queued or running."""
        [study_id] = ids.values()
        study.cancel(service(Engine), kind, study_id)
        return reply(get(service(Engine), study_id), 202)

    def delete(**ids: str) -> Response:
        """Delete it. One with a running job must be cancelled first."""
        [study_id] = ids.values()
        study.remove(service(Engine), kind, study_id)
        return Response(status=204)

    not_possible = (404, 409)
    cancelled = Operation(f"Cancel the jobs of a {noun} that have not ended", {202: schema}, problems=not_possible)
    deleted = Operation(f"Delete a {noun} with its jobs and all their results", {204: None}, problems=not_possible)
    route(blueprint, "POST", f"{path}/cancel", cancelled, name=f"cancel_{name}")(cancel)
    route(blueprint, "DELETE", path, deleted, name=f"delete_{name}")(delete)


_add_life(mends, mend.KIND, "/v1/mends/<mend_id>", "mend", Mend, mend.get)
_add_life(
    labs,
    initialization_lab.KIND,
    "/v1/initialization-labs/<lab_id>",
    "initialization_lab",
    InitializationLab,
    initialization_lab.get,
)
