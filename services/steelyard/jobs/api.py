"""The routes that every kind of job has: get, wait, cancel, resume, delete, and follow events."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request

from steelyard.errors import InvalidRequest, shown
from steelyard.http import deferral
from steelyard.http.accounting import Meters
from steelyard.http.query import LIMIT, MOST_OFFSET, Query
from steelyard.http.routing import JSON, Operation, choose_form, reply, route
from steelyard.http.services import service
from steelyard.jobs import ledger, queries, resumption
from steelyard.jobs.doorbell import Doorbell
from steelyard.jobs.feed import Cursor, read_feed
from steelyard.jobs.following import Stream, Wait
from steelyard.jobs.kinds import Kind
from steelyard.jobs.schema import AnyJob, EventList
from steelyard.jobs.states import ENDED
from steelyard.store.engine import Engine

MOST_SECONDS = 60
EVENT_STREAM = "text/event-stream"
WAIT = Query("wait", "number", "maximum number of seconds to wait", default=0, least=0, most=MOST_SECONDS)
UNTIL_DOC = "what to wait for: any change of status, or the end of the job"
UNTIL = Query("until", "string", UNTIL_DOC, default="changed", choices=("changed", "ended"))
EVENT = Query("after", "integer", "only events after this one", default=0, least=0, most=MOST_OFFSET)


def add_life(blueprint: Blueprint, kind: Kind[Any], path: str, schema: type[AnyJob]) -> None:
    """Add the routes below `path`. The operations are named after the kind; they return `schema`."""
    views, noun = Views(kind), kind.noun
    events_name = "list_events" if noun == "job" else f"list_{noun}_events"
    again = "one that was cancelled, or that failed with worker-lost or time-limit-exceeded"
    changed, not_possible = {202: schema}, (404, 409)
    got = Operation(f"Get a {noun}", {200: schema}, query=(WAIT, UNTIL), problems=(404, 422))
    deleted = Operation(f"Delete a {noun} and all its results", {204: None}, problems=not_possible)
    cancelled = Operation(f"Cancel a {noun}", changed, problems=not_possible)
    resumed = Operation(f"Resume a {noun}: {again}", changed, problems=not_possible)
    listed = Operation(
        f"List the events of a {noun}, oldest first",
        {200: EventList, 204: None},
        query=(LIMIT, EVENT),
        forms=(EVENT_STREAM,),
        problems=(400, 404, 406, 422),
    )
    one = f"{path}/<{noun}_id>"
    route(blueprint, "GET", one, got, name=f"get_{noun}")(views.get)
    route(blueprint, "DELETE", one, deleted, name=f"delete_{noun}")(views.delete)
    route(blueprint, "POST", f"{one}/cancel", cancelled, name=f"cancel_{noun}")(views.cancel)
    route(blueprint, "POST", f"{one}/resume", resumed, name=f"resume_{noun}")(views.resume)
    route(blueprint, "GET", f"{one}/events", listed, name=events_name)(views.list_events)


def ring(job_id: str) -> None:
    """Notify the workers of a queued job; count the failure if the broker is unreachable."""
    if not service(Doorbell).ring(job_id):
        service(Meters).lost_rings.inc()


@dataclass(frozen=True)
class Views:
    """The views of a kind of job. Their only path parameter is the id, which is named after the kind."""

    kind: Kind[Any]

    def get(self, *, wait: float, until: str, **ids: str) -> AnyJob:
        """Returns at once; with `wait`, when the status changes or the job ends, or after that many seconds."""
        [job_id] = ids.values()
        job: AnyJob = queries.get(service(Engine), job_id, self.kind)
        if wait and job.status not in ENDED:
            deferral.leave(Wait(job_id, job.status, until == "ended", wait))
        return job

    def delete(self, **ids: str) -> Response:
        """Delete it. A running one must be cancelled first."""
        [job_id] = ids.values()
        ledger.remove(service(Engine), job_id, self.kind)
        return Response(status=204)

    def cancel(self, **ids: str) -> Response:
        """Cancel it: immediately if it is queued, within seconds if it is running."""
        [job_id] = ids.values()
        ledger.request_cancel(service(Engine), job_id, self.kind)
        return reply(queries.get(service(Engine), job_id, self.kind), 202)

    def resume(self, **ids: str) -> Response:
        """Queue it again. It keeps its id and continues from its last checkpoint."""
        [job_id] = ids.values()
        resumption.resume(service(Engine), job_id, self.kind)
        ring(job_id)
        return reply(queries.get(service(Engine), job_id, self.kind), 202)

    def list_events(self, *, limit: int, after: int, **ids: str) -> Response:
        """The events so far as a list, or all events until the end as server-sent events.

        Server-sent events have the types `status`, `epoch`, `finding` and `log`; a client that sends the last `id` that
        it got as `Last-Event-ID` continues after it, and gets 204 when there are no more events.
        """
        [job_id] = ids.values()
        engine = service(Engine)
        if choose_form((JSON, EVENT_STREAM)) == JSON:
            return reply(EventList.of(queries.list_events(engine, job_id, self.kind, limit=limit, after=after)))
        cursor = _read_cursor(request.headers.get("Last-Event-ID"), after)
        feed = read_feed(engine, job_id, self.kind, cursor)
        if feed.is_end and not feed.happened and "Last-Event-ID" in request.headers:
            return Response(status=204)  # else browsers would connect again and again
        deferral.leave(Stream(job_id, self.kind, cursor))
        return Response(iter(()), content_type=EVENT_STREAM, headers={"Cache-Control": "no-store"})


def _read_cursor(last: str | None, after: int) -> Cursor:
    if not last:
        return Cursor(event=after)
    cursor = Cursor.parse(last)
    if cursor is None:
        raise InvalidRequest(f"the Last-Event-ID is {shown(last)}; it must be the id of an event in this stream")
    return cursor
