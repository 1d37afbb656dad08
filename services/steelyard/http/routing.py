"""Declares routes with their inputs and outputs, for Flask and for the OpenAPI document."""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from itertools import chain
from typing import Any

from flask import Blueprint, Response, request
from pydantic import BaseModel

from steelyard.documents.schema import Answer
from steelyard.documents.strict_json import MOST_BYTES, read_document
from steelyard.documents.writer import dump
from steelyard.errors import NotAcceptable, NotFound, SteelyardError, UnsupportedMediaType
from steelyard.http.query import Query, read_query

JSON = "application/json"
PIECE_BYTES = 1 << 20
COMPRESSED = ("gzip", "x-gzip", "deflate", "compress", "br", "zstd")  # as a Content-Encoding


@dataclass(frozen=True)
class ErrorForm:
    """How a protocol writes errors, at the paths that are its own."""

    paths: re.Pattern[str]
    model: type[Answer]
    write: Callable[[SteelyardError], Answer]


@dataclass(frozen=True)
class Operation:
    """A route, as the OpenAPI document describes it.

    `answers` has the model of each good status (`None`: no body); `forms` other media types of the first of them;
    `problems` are the statuses that it can refuse with, beside those that every route has; `keyed` says that it takes
    an `Idempotency-Key`, `files` that its body is a file of data. `media_types` are further types of the body,
    `lengths` headers that hold a number of bytes, with their descriptions; `errors` is the form of its errors, if they
    are no problem documents; `form` has the fields of a body that is a form with a file.
    """

    summary: str
    answers: Mapping[int, type[Answer] | None]
    body: type[BaseModel] | None = None
    query: Sequence[Query] = ()
    forms: Sequence[str] = ()
    problems: Sequence[int] = ()
    keyed: bool = False
    files: bool = False
    media_types: Sequence[str] = ()
    lengths: Mapping[str, str] = field(default_factory=dict)
    errors: ErrorForm | None = None
    form: type[BaseModel] | None = None


OPERATION = "__operation__"


def route(
    blueprint: Blueprint, method: str, rule: str, operation: Operation, *, name: str | None = None
) -> Callable[..., Any]:
    """Register a view, under its own name unless another is given.

    Its query parameters come as keyword arguments, its answer goes out as JSON.
    """

    def register(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def call(**arguments: Any) -> Response:
            if any("\0" in argument for argument in arguments.values()):  # PostgreSQL rejects NUL in strings
                raise NotFound(f"there is no resource at {request.path!r}: names cannot contain a NUL character")
            answer = view(**arguments, **read_query(operation.query))
            return answer if isinstance(answer, Response) else reply(answer)

        setattr(call, OPERATION, operation)
        blueprint.add_url_rule(rule, name or view.__name__, call, methods=[method])
        return call

    return register


def reply(
    document: Any, status: int = 200, *, headers: Mapping[str, str] | None = None, content_type: str = JSON
) -> Response:
    """A body; a GET of what the client has already is answered with 304."""
    body = document if isinstance(document, bytes) else dump(document)
    response = Response(body, status, headers, content_type=content_type)
    if request.method in ("GET", "HEAD") and status == 200:
        response.set_etag(hashlib.sha256(body).hexdigest()[:32])
        response.vary.add("Accept")
        response.make_conditional(request.environ)
    return response


def stream(
    pieces: Iterable[bytes],
    *,
    version: Sequence[Any],
    content_type: str = JSON,
    headers: Mapping[str, str] | None = None,
    length: int | None = None,
) -> Response:
    """A body that is made while it is sent; `version` differs where the body does.

    What fits into one piece is sent whole, with its length, so that whatever is wrong with it is still told.
    """
    rest, first = iter(pieces), b""
    for piece in rest:
        first += piece
        if len(first) > PIECE_BYTES:
            break
    else:
        rest, length = iter(()), len(first)
    response = Response(chain([first], rest), headers=headers, content_type=content_type)
    response.implicit_sequence_conversion = False  # else it would be collected to be counted
    if length is not None:
        response.content_length = length
    response.set_etag(hashlib.sha256(dump([content_type, *version])).hexdigest()[:32])
    response.vary.add("Accept")
    response.make_conditional(request.environ)
    return response


def read_json(*, most_bytes: int = MOST_BYTES) -> Any:
    """The JSON value in this request's body, whose objects take at most about so much memory.

    Raises `UnsupportedMediaType`, `InvalidRequest`, `PayloadTooLarge`.
    """
    return read_document(take_json(), most_bytes=most_bytes)


def take_json() -> bytes:
    """This request's body, if its Content-Type is JSON. Raises `UnsupportedMediaType`, `RequestEntityTooLarge`."""
    if request.mimetype != JSON:
        seen = request.mimetype or "none"
        raise UnsupportedMediaType(f"the Content-Type is {seen}; it must be {JSON}")
    return take_body()


def take_body() -> bytes:
    """This request's body, whatever its Content-Type. Raises `UnsupportedMediaType`, `RequestEntityTooLarge`."""
    coding = (request.content_encoding or "").lower()
    if coding in COMPRESSED:
        raise UnsupportedMediaType(f"the Content-Encoding is {coding}; the body must not be compressed")
    body = request.get_data(cache=False)
    if request.content_length is None:
        request.stream.read(1)  # Werkzeug ends a chunked body at its limit, and tells so at the next read
    return body


def choose_form(forms: Sequence[str]) -> str:
    """The media type that the client prefers among those on offer. Raises `NotAcceptable`."""
    best = request.accept_mimetypes.best_match(forms) if request.accept_mimetypes else forms[0]
    if best is None:
        raise NotAcceptable(f"the Accept header asks for {request.headers['Accept']}; available are {', '.join(forms)}")
    return str(best)
