"""The errors that Steelyard raises, as one tree.

    SteelyardError
    ├── InvalidRequest        invalid-request         the body is not the JSON that was promised
    │   └── UnreadableData    invalid-request         a data file is damaged, or has another format than declared
    ├── ValidationFailed      validation-failed       the body is JSON, and says something impossible
    │   └── InvalidParameter  validation-failed       a part of the trainer got a value out of its range
    ├── TooLargeToTrain       too-large-to-train      the estimate exceeds the worker's limits
    ├── Forbidden             forbidden               a page of another site asks, or a name that is not ours
    ├── NotFound              not-found
    ├── MethodNotAllowed      method-not-allowed
    ├── RequestTimeout        request-timeout         the body did not arrive in time
    ├── Conflict              conflict                the resource's state forbids it
    │   └── FencedOff         conflict                another run holds the job by now
    ├── IdempotencyKeyReused  idempotency-key-reused  the same key came with another request
    ├── PayloadTooLarge       payload-too-large
    │   └── TooLargeToRead    payload-too-large       a file of data needs more memory than there is to read it
    ├── UnsupportedMediaType  unsupported-media-type
    ├── NotAcceptable         not-acceptable
    ├── Unavailable           unavailable             a part of the service is away
    │   └── DiskFull          unavailable             the disk of the database is full
    ├── Internal              internal                our fault; the log has the traceback
    └── RunFailed                                     why a job ended `failed`
        ├── Diverged          diverged                the loss is not finite any more
        ├── WorkerLost        worker-lost             its training process died, too often
        ├── Stalled           stalled                 its training process lived and did not get on, too often
        ├── OutOfMemory       out-of-memory           it needed more than it was given
        ├── TimeLimitExceeded time-limit-exceeded     it took longer than it was given
        └── InitialWeightsGone initial-weights-gone   the model that it was to start from is deleted

An error knows its slug and says what was wrong and what would be right. It does not know HTTP: which
status a slug has stands in `steelyard.web.problems`. A failed job stores `SteelyardError.problem()`.
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
LONGEST_WORD = 100  # longer ones are no slip of the keyboard
MOST_COMPARISONS = 100_000  # of characters, to find the word that was meant: about 10 ms
MOST_LISTED = 30
LONGEST_KEY = 250  # of an error's pointer; no name of a column, field or label that is right is as long


class _Brief(reprlib.Repr):
    """Shows the beginning of a value."""

    def repr_dict(self, x: dict[Any, Any], level: int) -> str:
        """The first entries; the library's own way sorts all of them."""
        first = dict(islice(x.items(), self.maxdict + 1))
        return super().repr_dict(first, level)


_BRIEF = _Brief()
_BRIEF.maxlevel = 2
_BRIEF.maxstring = _BRIEF.maxlong = _BRIEF.maxother = 2 * LONGEST_SHOWN


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in a request: where, as an RFC 6901 pointer, and what would be right.

    In the query, `parameter` is its name and there is no pointer.
    """

    pointer: str
    detail: str
    parameter: str | None = None

    @classmethod
    def of_query(cls, parameter: str, detail: str) -> "Fault":
        """What is wrong with a query parameter."""
        return cls("", detail, parameter)

    @property
    def place(self) -> str:
        """Where it is, for a sentence."""
        return self.pointer or "the body" if self.parameter is None else f"the query parameter {shown(self.parameter)}"

    def to_json(self) -> dict[str, str]:
        """As a problem lists it."""
        if self.parameter is not None:
            return {"parameter": self.parameter, "detail": self.detail}
        return {"pointer": self.pointer, "detail": self.detail}


def pointer(*tokens: str | int) -> str:
    """An RFC 6901 pointer: `pointer("data", "a/b", 0)` is `/data/a~1b/0`. A key of kilobytes is cut."""
    return "".join("/" + str(token)[:LONGEST_KEY].replace("~", "~0").replace("/", "~1") for token in tokens)


def shown(value: object) -> str:
    """A value as a message quotes it: never long."""
    text = _BRIEF.repr(value)  # never all of a large value, which would take as long as it is large
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint for an unknown word: the known word that is most similar, or the list of known words."""
    known = tuple(known)
    if len(word) > LONGEST_WORD:
        return _listed(known)
    # A body with one mistake often has it many times; the columns of a large table are not kept for that.
    return _nearest_again(word, known) if len(known) <= MOST_LISTED else _nearest(word, known)


# What other libraries call it, without underscores.
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
}


def meaning(word: str, known: Iterable[str]) -> str | None:
    """The known word that another one surely means: written in another way, or called so in another library."""
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
    """Whatever Steelyard refuses or cannot do, with words for the user."""

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
    """The body is not JSON as RFC 8259 has it, or breaks a bound on depth or keys."""

    slug = "invalid-request"
    title = "The request could not be read"


class UnreadableData(InvalidRequest):
    """The data file is damaged, or its format is not the one the request declares. The message says where."""


class ValidationFailed(SteelyardError):
    """Every fault that was found in a request."""

    slug = "validation-failed"
    title = "The request is invalid"

    def __init__(self, faults: Iterable[Fault]) -> None:
        faults = tuple(faults)
        first = f"{faults[0].place}: {faults[0].detail}" if faults else ""
        super().__init__(f"{len(faults)} errors; the first: {first}" if len(faults) > 1 else first, faults=faults)


class InvalidParameter(ValidationFailed, ValueError):
    """A part of the trainer was made with a value that it cannot have."""

    def __init__(self, parameter: str, detail: str) -> None:
        super().__init__([Fault(f"/{parameter}", detail)])


class TooLargeToTrain(SteelyardError):
    """The estimate of a job's needs exceeds what a worker may use."""

    slug = "too-large-to-train"
    title = "The job needs too many resources"


class Forbidden(SteelyardError):
    """The request names a host that this service does not answer for, or a page of another site sent it."""

    slug = "forbidden"
    title = "The request is not allowed"


class NotFound(SteelyardError):
    """There is nothing under this address."""

    slug = "not-found"
    title = "The resource does not exist"


class MethodNotAllowed(SteelyardError):
    """The address exists, and does not take this method."""

    slug = "method-not-allowed"
    title = "The method is not supported"


class RequestTimeout(SteelyardError):
    """The body of the request did not arrive in time."""

    slug = "request-timeout"
    title = "The request did not arrive in time"


class Conflict(SteelyardError):
    """The state of the resource forbids what was asked."""

    slug = "conflict"
    title = "The state of the resource does not allow this"


class FencedOff(Conflict):
    """A run wrote to a job that is no longer its own: it must stop and discard what it has."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"job {job_id} has ended, or another run has taken it over")


class IdempotencyKeyReused(SteelyardError):
    """A key that belongs to an earlier request came with another one. A new request needs a new key."""

    slug = "idempotency-key-reused"
    title = "The idempotency key was used by another request"


class PayloadTooLarge(SteelyardError):
    """The body is larger than the service takes."""

    slug = "payload-too-large"
    title = "The request body is too large"


class TooLargeToRead(PayloadTooLarge):
    """Reading a file of data would need more memory than there is for it."""


class UnsupportedMediaType(SteelyardError):
    """The body's Content-Type is not one that this address reads."""

    slug = "unsupported-media-type"
    title = "The media type of the body is not supported"


class NotAcceptable(SteelyardError):
    """None of the forms in which the resource can be given is one that the client accepts."""

    slug = "not-acceptable"
    title = "The resource is not available in an accepted media type"


class Unavailable(SteelyardError):
    """A part of the service that this needs is away for now."""

    slug = "unavailable"
    title = "The service is unavailable"


class DiskFull(Unavailable):
    """The disk of the database is full. Deletions work all the same."""


class Internal(SteelyardError):
    """A fault of ours. What happened stands in the log, under the request's id."""

    slug = "internal"
    title = "Internal error"


class RunFailed(SteelyardError):
    """Why a job ended `failed`."""


class Diverged(RunFailed):
    """The loss stopped being a finite number."""

    slug = "diverged"
    title = "The training diverged"


class WorkerLost(RunFailed):
    """The training process died again and again without getting on."""

    slug = "worker-lost"
    title = "The training process was lost"


class Stalled(RunFailed):
    """The training process hung again and again, and was ended each time."""

    slug = "stalled"
    title = "The training made no progress"


class OutOfMemory(RunFailed):
    """The training needed more memory than MAX_JOB_MEMORY_BYTES, or more than the machine had."""

    slug = "out-of-memory"
    title = "The training ran out of memory"


class TimeLimitExceeded(RunFailed):
    """The training took longer than it was allowed to."""

    slug = "time-limit-exceeded"
    title = "The training took too long"


class InitialWeightsGone(RunFailed):
    """The model that the job was to start from is not there any more."""

    slug = "initial-weights-gone"
    title = "The initial weights were deleted"
