"""The errors that Steelyard raises, as one tree.

    SteelyardError
    ├── InvalidRequest        invalid-request         the body is not valid JSON
    │   └── UnreadableData    invalid-request         a data file is damaged, or has another format than declared
    ├── ValidationFailed      validation-failed       the body is JSON with invalid values
    │   └── InvalidParameter  validation-failed       a component got a value out of its range
    ├── TooLargeToTrain       too-large-to-train      the estimate exceeds the worker's limits
    ├── Forbidden             forbidden               the request comes from another site, or names an unknown host
    ├── NotFound              not-found
    ├── MethodNotAllowed      method-not-allowed
    ├── RequestTimeout        request-timeout         the body did not arrive in time
    ├── Conflict              conflict                the resource's state forbids it
    │   └── FencedOff         conflict                another run has taken over the job
    ├── IdempotencyKeyReused  idempotency-key-reused  the key was used by another request
    ├── PayloadTooLarge       payload-too-large
    │   └── TooLargeToRead    payload-too-large       reading a data file needs too much memory
    ├── UnsupportedMediaType  unsupported-media-type
    ├── NotAcceptable         not-acceptable
    ├── Unavailable           unavailable             a part of the service is unavailable
    │   └── DiskFull          unavailable             the disk of the database is full
    ├── Internal              internal                a bug; the log has the traceback
    └── RunFailed                                     why a job ended `failed`
        ├── Diverged          diverged                the loss is no longer finite
        ├── WorkerLost        worker-lost             its training process died repeatedly
        ├── Stalled           stalled                 its training process hung repeatedly
        ├── OutOfMemory       out-of-memory           it exceeded the memory limit
        ├── TimeLimitExceeded time-limit-exceeded     it exceeded the time limit
        └── InitialWeightsGone initial-weights-gone   the model to start from was deleted

An error knows its slug and says what is wrong and what is allowed. It does not know HTTP: the status
of each slug is in `steelyard.web.problems`. A failed job stores `SteelyardError.problem()`.
"""

import difflib
import reprlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, islice
from typing import Any, ClassVar

LONGEST_SHOWN = 60
MOST_ERRORS = 100  # that one answer lists
LONGEST_WORD = 100  # longer ones are not typing errors
MOST_COMPARISONS = 100_000  # of characters, to find a similar word: about 10 ms
MOST_LISTED = 30
LONGEST_KEY = 250  # of an error's pointer; longer than any valid name of a column, field or label


class _Brief(reprlib.Repr):
    """Shortens values for messages."""

    def repr_dict(self, x: dict[Any, Any], level: int) -> str:
        """The first entries; the base class would sort all of them."""
        first = dict(islice(x.items(), self.maxdict + 1))
        return super().repr_dict(first, level)


_BRIEF = _Brief()
_BRIEF.maxlevel = 2
_BRIEF.maxstring = _BRIEF.maxlong = _BRIEF.maxother = 2 * LONGEST_SHOWN


@dataclass(frozen=True, slots=True)
class Fault:
    """One error in a request: where it is, as an RFC 6901 pointer, and what is allowed.

    For an error in the query, `parameter` is the parameter's name and the pointer is empty.
    """

    pointer: str
    detail: str
    parameter: str | None = None

    @classmethod
    def of_query(cls, parameter: str, detail: str) -> "Fault":
        """An error in a query parameter."""
        return cls("", detail, parameter)

    @property
    def place(self) -> str:
        """The place of the error, as messages name it."""
        return self.pointer or "the body" if self.parameter is None else f"the query parameter {shown(self.parameter)}"

    def to_json(self) -> dict[str, str]:
        """The entry of a problem's `errors`."""
        if self.parameter is not None:
            return {"parameter": self.parameter, "detail": self.detail}
        return {"pointer": self.pointer, "detail": self.detail}


def pointer(*tokens: str | int) -> str:
    """An RFC 6901 pointer: `pointer("data", "a/b", 0)` is `/data/a~1b/0`. Long keys are cut."""
    return "".join("/" + str(token)[:LONGEST_KEY].replace("~", "~0").replace("/", "~1") for token in tokens)


def shown(value: object) -> str:
    """A value as messages quote it, shortened."""
    text = _BRIEF.repr(value)  # shortens before formatting, since formatting a large value is slow
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint for an unknown word: the known word that is most similar, or the list of known words."""
    known = tuple(known)
    if len(word) > LONGEST_WORD:
        return _listed(known)
    # A body often repeats one mistake many times. The columns of a large table are not cached.
    return _nearest_again(word, known) if len(known) <= MOST_LISTED else _nearest(word, known)


# Names in other libraries, without underscores.
ELSEWHERE = {
    "lr": "learning_rate",
    "learningrateinit": "learning_rate",
    "eta": "learning_rate",
    "float16": "float32",
    "half": "float32",
    "scale": "numeric",
    "scaler": "numeric",
    "scaling": "numeric",
    "normalize": "numeric",
    "maxiter": "epochs",
    "nepochs": "epochs",
    "neurons": "units",
    "nodes": "units",
    "hiddenlayersizes": "layers",
    "hiddenlayers": "layers",
    "randomstate": "seed",
    "randomseed": "seed",
    "swish": "silu",
    "crossentropy": "categorical_crossentropy",
    "crossentropyloss": "categorical_crossentropy",
    "bceloss": "binary_crossentropy",
    "mseloss": "mean_squared_error",
    "scikitlearn": "sklearn",
    "torch": "pytorch",
    "tensorflow": "keras",
}


def meaning(word: str, known: Iterable[str]) -> str | None:
    """The known word that has another spelling here, or another name in other libraries; `None` if there is none."""
    plain = _plain(word)
    found = {_plain(other): other for other in known}
    return found.get(plain) or found.get(_plain(ELSEWHERE.get(plain, "")))


def _plain(word: str) -> str:
    return word.lower().replace("_", "").replace("-", "").replace(" ", "")


def _nearest(word: str, known: tuple[str, ...]) -> str:
    if (meant := meaning(word, known)) is not None:
        return f"did you mean {meant!r}?"
    compared = accumulate((len(word) * len(other) for other in known), initial=0)
    affordable = [other for other, cost in zip(known, compared, strict=False) if cost < MOST_COMPARISONS]
    close = difflib.get_close_matches(word, affordable, n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else _listed(known)


_nearest_again = lru_cache(maxsize=256)(_nearest)


def _listed(known: tuple[str, ...]) -> str:
    more = f" and {len(known) - MOST_LISTED} more" if len(known) > MOST_LISTED else ""
    return f"known are {', '.join(known[:MOST_LISTED])}{more}"


class SteelyardError(Exception):
    """An error with a message for the user. Every error of Steelyard is one."""

    slug: ClassVar[str] = "internal"
    title: ClassVar[str] = "Internal error"

    def __init__(self, detail: str, *, faults: Iterable[Fault] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.faults = tuple(faults)

    def problem(self) -> dict[str, Any]:
        """This error as the members of an RFC 9457 problem that do not depend on HTTP."""
        problem: dict[str, Any] = {"type": f"/problems/{self.slug}", "title": self.title, "detail": self.detail}
        if self.faults:
            problem["errors"] = [fault.to_json() for fault in self.faults[:MOST_ERRORS]]
        if len(self.faults) > MOST_ERRORS:
            problem["more_errors"] = len(self.faults) - MOST_ERRORS
        return problem


class InvalidRequest(SteelyardError):
    """The request is malformed: the body is not valid JSON (RFC 8259), or exceeds a limit on depth or keys."""

    slug = "invalid-request"
    title = "The request could not be read"


class UnreadableData(InvalidRequest):
    """The data file is damaged, or its format is not the one the request declares. The message says where."""


class ValidationFailed(SteelyardError):
    """The request has invalid values; `errors` lists all of them."""

    slug = "validation-failed"
    title = "The request is invalid"

    def __init__(self, faults: Iterable[Fault]) -> None:
        faults = tuple(faults)
        first = f"{faults[0].place}: {faults[0].detail}" if faults else ""
        super().__init__(f"{len(faults)} errors; the first: {first}" if len(faults) > 1 else first, faults=faults)


class InvalidParameter(ValidationFailed, ValueError):
    """A component was created with an invalid value."""

    def __init__(self, parameter: str, detail: str) -> None:
        super().__init__([Fault(f"/{parameter}", detail)])


class TooLargeToTrain(SteelyardError):
    """The estimated memory of the job exceeds the limit of a worker."""

    slug = "too-large-to-train"
    title = "The job needs too many resources"


class Forbidden(SteelyardError):
    """The request names a host that this service does not accept, or a page of another site sent it."""

    slug = "forbidden"
    title = "The request is not allowed"


class NotFound(SteelyardError):
    """The resource does not exist."""

    slug = "not-found"
    title = "The resource does not exist"


class MethodNotAllowed(SteelyardError):
    """The endpoint exists but does not support this method."""

    slug = "method-not-allowed"
    title = "The method is not supported"


class RequestTimeout(SteelyardError):
    """The body of the request did not arrive in time."""

    slug = "request-timeout"
    title = "The request did not arrive in time"


class Conflict(SteelyardError):
    """The state of the resource does not allow the operation."""

    slug = "conflict"
    title = "The state of the resource does not allow this"


class FencedOff(Conflict):
    """A run wrote to a job that another run has taken over: it must stop and discard its results."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"job {job_id} has ended, or another run has taken it over")


class IdempotencyKeyReused(SteelyardError):
    """The idempotency key was used by an earlier request. A new request needs a new key."""

    slug = "idempotency-key-reused"
    title = "The idempotency key was used by another request"


class PayloadTooLarge(SteelyardError):
    """The request body is larger than the limit."""

    slug = "payload-too-large"
    title = "The request body is too large"


class TooLargeToRead(PayloadTooLarge):
    """Reading the data file needs more memory than the limit."""


class UnsupportedMediaType(SteelyardError):
    """The endpoint does not support the Content-Type of the body."""

    slug = "unsupported-media-type"
    title = "The media type of the body is not supported"


class NotAcceptable(SteelyardError):
    """The resource is not available in a media type that the client accepts."""

    slug = "not-acceptable"
    title = "The resource is not available in an accepted media type"


class Unavailable(SteelyardError):
    """A part of the service that the request needs is unavailable."""

    slug = "unavailable"
    title = "The service is unavailable"


class DiskFull(Unavailable):
    """The disk of the database is full. Deletions still work."""


class Internal(SteelyardError):
    """An internal error. The log has the details under the request's id."""

    slug = "internal"
    title = "Internal error"


class RunFailed(SteelyardError):
    """Why a job ended `failed`."""


class Diverged(RunFailed):
    """The loss stopped being a finite number."""

    slug = "diverged"
    title = "The training diverged"


class WorkerLost(RunFailed):
    """The training process died repeatedly without a new checkpoint."""

    slug = "worker-lost"
    title = "The training process was lost"


class Stalled(RunFailed):
    """The training process hung repeatedly and was stopped each time."""

    slug = "stalled"
    title = "The training made no progress"


class OutOfMemory(RunFailed):
    """The training needed more memory than MAX_JOB_MEMORY_BYTES, or more than the machine had."""

    slug = "out-of-memory"
    title = "The training ran out of memory"


class TimeLimitExceeded(RunFailed):
    """The training exceeded its time limit."""

    slug = "time-limit-exceeded"
    title = "The training took too long"


class InitialWeightsGone(RunFailed):
    """The model that the job should start from was deleted."""

    slug = "initial-weights-gone"
    title = "The initial weights were deleted"
