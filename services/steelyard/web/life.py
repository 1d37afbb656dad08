"""The routes that every kind of job has: get, wait, cancel, resume, delete, and follow events."""

from typing import Any

from flask import Blueprint, Response, request

from steelyard.errors import InvalidRequest, shown
from steelyard.jobs import ledger, queries, resumption
from steelyard.jobs.feed import Cursor, read_feed
from steelyard.jobs.kinds import Kind
from steelyard.jobs.states import ENDED
from steelyard.web import deferral
from steelyard.web.deferral import Stream, Wait
from steelyard.web.pagination import as_list
from steelyard.web.query import LIMIT, MOST_OFFSET, Query
from steelyard.web.routing import JSON, Operation, choose_form, reply, route
from steelyard.web.wiring import services

MOST_SECONDS = 60
EVENT_STREAM = "text/event-stream"
WAIT = Query("wait", "number", "maximum number of seconds to wait", default=0, least=0, most=MOST_SECONDS)
UNTIL_DOC = "what to wait for: any change of status, or the end of the job"
UNTIL = Query("until", "string", UNTIL_DOC, default="changed", choices=("changed", "ended"))
EVENT = Query("after", "integer", "only events after this one", default=0, least=0, most=MOST_OFFSET)


def add_life(blueprint: Blueprint, kind: Kind, path: str, schema: str) -> None:
    """Add the routes below `path`; the operations are named after the kind, their answers are of `schema`."""
    noun = kind.noun
    one = f"{path}/<{noun}_id>"

    def get(*, wait: float, until: str, **ids: str) -> dict[str, Any]:
        """Returns at once; with `wait`, when the status changes or the job ends, or after that many seconds."""
        job_id = ids[f"{noun}_id"]
        job = queries.get(services().engine, job_id, kind)
        if wait and job["status"] not in ENDED:
            deferral.leave(Wait(job_id, job["status"], until == "ended", wait))
        return job

    def delete(**ids: str) -> Response:
        """Delete it. A running one must be cancelled first."""
        ledger.remove(services().engine, ids[f"{noun}_id"], kind)
        return Response(status=204)

    def cancel(**ids: str) -> Response:
        """Cancel it: immediately if it is queued, within seconds if it is running."""
        engine, job_id = services().engine, ids[f"{noun}_id"]
        ledger.request_cancel(engine, job_id, kind)
        return reply(queries.get(engine, job_id, kind), 202)

    def resume(**ids: str) -> Response:
        """Queue it again. It keeps its id and continues from its last checkpoint."""
        ours, job_id = services(), ids[f"{noun}_id"]
        resumption.resume(ours.engine, job_id, kind)
        if not ours.doorbell.ring(job_id):
            ours.meters.lost_rings.inc()
        return reply(queries.get(ours.engine, job_id, kind), 202)

    def list_events(*, limit: int, after: int, **ids: str) -> Response:
        """The events so far as a list, or all events until the end as server-sent events.

        Server-sent events have the types `status`, `epoch`, `finding` and `log`; a client that sends the last `id` that
        it got as `Last-Event-ID` continues after it, and gets 204 when there are no more events.
        """
        job_id = ids[f"{noun}_id"]
        if choose_form((JSON, EVENT_STREAM)) == JSON:
            return reply(as_list(queries.list_events(services().engine, job_id, kind, limit=limit, after=after)))
        cursor = _read_cursor(request.headers.get("Last-Event-ID"), after)
        feed = read_feed(services().engine, job_id, kind, cursor)
        if feed.is_end and not feed.happened and "Last-Event-ID" in request.headers:
            return Response(status=204)  # else browsers would connect again and again
        deferral.leave(Stream(job_id, kind, cursor))
        return Response(iter(()), content_type=EVENT_STREAM, headers={"Cache-Control": "no-store"})

    changed, gone = {202: schema}, (404, 409)
    got = Operation(f"Get a {noun}", {200: schema}, query=(WAIT, UNTIL), problems=(404, 422))
    events = {200: "EventList", 204: None}
    told = Operation(
        f"List the events of a {noun}, oldest first",
        events,
        query=(LIMIT, EVENT),
        forms=(EVENT_STREAM,),
        problems=(400, 404, 406, 422),
    )
    again = "one that was cancelled, or that failed with worker-lost or time-limit-exceeded"
    name_of_events = "list_events" if noun == "job" else f"list_{noun}_events"
    route(blueprint, "GET", one, got, name=f"get_{noun}")(get)
    route(
        blueprint,
        "DELETE",
        one,
        Operation(f"Delete a {noun} and all its results", {204: None}, problems=gone),
        name=f"delete_{noun}",
    )(delete)
    route(
        blueprint, "POST", f"{one}/cancel", Operation(f"Cancel a {noun}", changed, problems=gone), name=f"cancel_{noun}"
    )(cancel)
    resuming = Operation(f"Resume a {noun}: {again}", changed, problems=gone)
    route(blueprint, "POST", f"{one}/resume", resuming, name=f"resume_{noun}")(resume)
    route(blueprint, "GET", f"{one}/events", told, name=name_of_events)(list_events)


def _read_cursor(last: str | None, after: int) -> Cursor:
    if not last:
        return Cursor(event=after)
    cursor = Cursor.parse(last)
    if cursor is None:
        raise InvalidRequest(f"the Last-Event-ID is {shown(last)}; it must be the id of an event in this stream")
    return cursor
