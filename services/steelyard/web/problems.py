"""Errors as RFC 9457 problems. This module alone knows the HTTP status of each slug."""

import errno
import inspect
import tempfile
from dataclasses import asdict
from typing import Any

import orjson
from flask import Blueprint, Flask, Response, g, render_template, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound, RequestEntityTooLarge

from steelyard import errors
from steelyard.documents.schema import Problem
from steelyard.documents.writer import dump
from steelyard.errors import SteelyardError
from steelyard.http.routing import JSON
from steelyard.inference.protocols import mlflow, open_inference
from steelyard.logs import get_logger
from steelyard.web.explanations import EXPLANATIONS

MEDIA_TYPE = "application/problem+json"
ERROR_FORMS = (open_inference.ERRORS, mlflow.ERRORS)
STATUS = {
    "invalid-request": 400,
    "validation-failed": 422,
    "too-large-to-train": 422,
    "forbidden": 403,
    "not-found": 404,
    "method-not-allowed": 405,
    "not-acceptable": 406,
    "request-timeout": 408,
    "conflict": 409,
    "idempotency-key-reused": 422,
    "payload-too-large": 413,
    "unsupported-media-type": 415,
    "internal": 500,
    "unavailable": 503,
    # Failed jobs have these slugs in `error`; as the response to a request they would be internal errors.
    "diverged": 500,
    "worker-lost": 500,
    "stalled": 500,
    "out-of-memory": 500,
    "time-limit-exceeded": 500,
    "initial-weights-gone": 500,
}
RETRY_SECONDS = 5
FULL = (errno.ENOSPC, errno.EDQUOT)
log = get_logger(__name__)
problems = Blueprint("problems", __name__)


def make_problem(error: SteelyardError, instance: str) -> tuple[int, list[tuple[str, str]], bytes]:
    """The response for an error: its status, headers and body. `instance` is the path of the request."""
    status = STATUS[error.slug]
    form = next((each for each in ERROR_FORMS if each.paths.match(instance)), None)
    problem = Problem(**error.problem(), status=status, instance=instance) if form is None else form.write(error)
    headers = [("content-type", MEDIA_TYPE if form is None else JSON)]
    if error.slug == "unavailable":
        headers.append(("retry-after", str(RETRY_SECONDS)))
    return status, headers, dump(problem)


def render_problem(error: SteelyardError) -> Response:
    """The same as a Flask response."""
    status, headers, body = make_problem(error, request.path)
    return Response(body, status, headers)


def add_handlers(app: Flask) -> None:
    """Turn every exception of a request into a problem; no traceback is sent to a client."""

    @app.errorhandler(SteelyardError)
    def _ours(error: SteelyardError) -> Response:
        if error.slug == "unavailable":
            log.warning("unavailable", detail=error.detail)
        return render_problem(error)

    @app.errorhandler(HTTPException)
    def _werkzeugs(error: HTTPException) -> Response:
        response = render_problem(_translate(error))
        if isinstance(error, MethodNotAllowed) and error.valid_methods:
            response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
        return response

    @app.errorhandler(OSError)
    def _systems(error: OSError) -> Response:
        if error.errno not in FULL:
            return _unforeseen(error)
        log.error("the disk for temporary files is full", folder=tempfile.gettempdir())
        return render_problem(errors.Unavailable("the disk for temporary files is full"))

    @app.errorhandler(Exception)
    def _unforeseen(_: Exception) -> Response:
        log.exception("a request failed")
        known = g.get("request_id", "")
        return render_problem(errors.Internal(f"see the server's log for the request id {known}"))


def _translate(error: HTTPException) -> SteelyardError:
    match error:
        case NotFound():
            return errors.NotFound(f"there is no resource at {request.path!r}; /docs lists the endpoints")
        case MethodNotAllowed():
            allowed = ", ".join(sorted(error.valid_methods or ()))
            return errors.MethodNotAllowed(f"{request.path} does not support {request.method}; use {allowed}")
        case RequestEntityTooLarge():
            return errors.PayloadTooLarge(_too_large())
        case _ if error.code is not None and 400 <= error.code < 500:
            return errors.InvalidRequest(error.description or "the request could not be read")
        case _:
            return errors.Internal("the service could not process the request")


def _too_large() -> str:
    """The message for a body that exceeds the limit, with the numbers."""
    most = request.max_content_length
    seen = "more were sent" if request.content_length is None else f"it has {request.content_length}"
    return f"the body must have at most {most} bytes; {seen}"


def known_errors() -> dict[str, type[SteelyardError]]:
    """Every kind of error by its slug."""
    kinds = [kind for kind in vars(errors).values() if inspect.isclass(kind) and issubclass(kind, SteelyardError)]
    # The first class with a slug is the general one: Conflict before FencedOff.
    return {kind.slug: kind for kind in reversed(kinds) if kind.slug != "internal"} | {"internal": errors.Internal}


@problems.get("/problems/<slug>")
def explain(slug: str) -> Any:
    """The page of a problem: its `type` is the path."""
    kinds = known_errors()
    if slug not in kinds:
        raise errors.NotFound(f"there is no problem {slug!r}; known are {', '.join(sorted(kinds))}")
    kind = kinds[slug]
    facts = {"slug": slug, "title": kind.title, "explanation": inspect.getdoc(kind), "status": STATUS[slug]}
    facts |= asdict(EXPLANATIONS[slug])
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        return Response(orjson.dumps({"type": f"/problems/{slug}", **facts}), content_type="application/json")
    return render_template("problem.html", **facts)
