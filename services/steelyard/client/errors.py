"""What a request can end with. Every error of the service comes as an `ApiError`, with the place of each fault."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class SteelyardError(Exception):
    """Any error of this client."""


class ConnectionLost(SteelyardError):
    """The service could not be reached, or did not answer in time, after all retries."""


class NotASteelyard(SteelyardError):
    """Something else answers at this address."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a request: `pointer` is a JSON Pointer into it, or a query parameter's name."""

    pointer: str
    detail: str

    def __str__(self) -> str:
        return f"{self.pointer}: {self.detail}" if self.pointer else self.detail


class ApiError(SteelyardError):
    """The service refused a request. `problem` is its document (RFC 9457), `faults` has what is wrong, and where."""

    def __init__(self, problem: Mapping[str, Any]) -> None:
        self.problem = dict(problem)
        self.status: int = problem.get("status", 0)
        self.slug = str(problem.get("type", "")).rsplit("/", 1)[-1]
        self.faults = [
            Fault(each.get("pointer") or each.get("parameter", ""), each["detail"])
            for each in problem.get("errors", [])
        ]
        told = [str(fault) for fault in self.faults] or [str(problem.get("detail", ""))]
        super().__init__("\n".join([str(problem.get("title", "the request failed")), *(f"  {line}" for line in told)]))


class NotFound(ApiError):
    """There is no such job, model or data set."""


class Conflict(ApiError):
    """The request does not fit the present state, such as deleting a data set that a job is using."""


class InvalidRequest(ApiError):
    """The request is wrong: `faults` says where, and what would be right."""


class Unavailable(ApiError):
    """The service cannot answer now, after all retries: its database or its disk fails, or it has too much to do."""


class JobFailed(SteelyardError):
    """A job ended with an error. `job` is the job."""

    def __init__(self, job_id: str, error: Mapping[str, Any], job: Any = None) -> None:
        self.job = job
        self.problem = dict(error)
        super().__init__(f"{job_id}: {error.get('title')}: {error.get('detail')}")


class JobTimeout(SteelyardError, TimeoutError):
    """A job did not end within the time that was given. It goes on."""


KINDS: dict[int, type[ApiError]] = dict.fromkeys((400, 413, 415, 422), InvalidRequest) | {
    404: NotFound,
    409: Conflict,
    429: Unavailable,
    503: Unavailable,
}


def error_of(problem: Mapping[str, Any]) -> ApiError:
    """The exception for a problem document."""
    return KINDS.get(problem.get("status", 0), ApiError)(problem)
