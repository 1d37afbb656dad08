"""The events of a job, written in the transactions that they are about."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, delete, insert, select, update

from steelyard.store.clock import now
from steelyard.store.tables import Event, Job

EVENTS_KEPT = 200
FINDING = "finding"  # the type of events for findings that are known before a job ends


def sweep(connection: Connection, job_id: str) -> None:
    """Delete all but the latest events of a job."""
    of_job = select(Event.id).where(Event.job_id == job_id)
    oldest_kept = of_job.order_by(Event.id.desc()).offset(EVENTS_KEPT - 1).limit(1).scalar_subquery()
    connection.execute(delete(Event).where(Event.job_id == job_id, Event.id < oldest_kept))


def tell(connection: Connection, job_id: str, status: str, message: str, *, level: str = "info", **data: Any) -> None:
    """Add an event: the job now has this `status`."""
    event = {"job_id": job_id, "level": level, "type": "status", "message": message, "data": {"status": status, **data}}
    connection.execute(insert(Event).values(created_at=now(), **event))


def tell_findings(connection: Connection, job_id: str, findings: Sequence[Mapping[str, Any]]) -> None:
    """Add an event for each finding that has none yet, in the transaction of a write that asked for the fence."""
    told = [dict(data) for data in connection.execute(findings_told(job_id)).scalars()]
    known = {(each["code"], each["layer"]) for each in told}
    for finding in findings:
        if (finding["code"], finding["layer"]) not in known:
            known.add((finding["code"], finding["layer"]))
            told.append(dict(finding))
            event = {"job_id": job_id, "level": finding["level"], "type": FINDING, "message": finding["message"]}
            connection.execute(insert(Event).values(created_at=now(), data=dict(finding), **event))
    if findings:
        connection.execute(update(Job).where(Job.id == job_id).values(findings=told))


def findings_told(job_id: str) -> Select[dict[str, Any]]:
    """The findings for which there are events, oldest first."""
    return select(Event.data).where(Event.job_id == job_id, Event.type == FINDING).order_by(Event.id)
