"""Clients that hold every exchange with the API to its OpenAPI document.

The answer must be one that the document declares, and so must the request if it was accepted. What the document does
not mention (the console, a page of a problem, the routes of a test) passes, and so does what HTTP itself provides for
every GET: HEAD, and 304 for a client that names the version it has.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote

import httpx
import orjson
from flask.testing import FlaskClient
from jsonschema_rs import Draft202012Validator, Registry, ValidationError, ValidationErrorKind
from werkzeug.test import TestResponse

from steelyard.settings import Settings
from steelyard.web.app import create_app
from steelyard.web.openapi import document
from steelyard.web.wiring import KEY

BASE = "urn:openapi"
NOT_MODIFIED = 304
LONGEST = 300  # of a message, which repeats the value that is wrong


class ContractBroken(AssertionError):
    """The document and an exchange disagree."""


@dataclass(frozen=True)
class Exchange:
    """A request and its answer. A body that is not at hand is `None`."""

    method: str
    path: str
    query: str
    sent_type: str
    sent: bytes | None
    status: int
    answer_type: str
    answer: bytes | None


class Contract:
    """An OpenAPI document to which exchanges are held."""

    def __init__(self, described: dict[str, Any]) -> None:
        self._registry = Registry([(BASE, described)])
        self._validators: dict[tuple[str, ...], Draft202012Validator] = {}
        paths = sorted(described["paths"], key=lambda path: path.count("{"))  # the most literal first
        self._paths = [(re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))), path) for path in paths]
        self._operations = described["paths"]

    def check(self, exchange: Exchange) -> None:
        """Raise `ContractBroken` with all that the document does not declare."""
        path = next((path for pattern, path in self._paths if pattern.fullmatch(exchange.path)), "")
        method = exchange.method.lower()
        operation = self._operations.get(path, {}).get(method)
        if operation is None:
            return
        at = ("paths", path, method)
        faults = [f"answer {fault}" for fault in self._answer_faults(exchange, operation, at)]
        if 200 <= exchange.status < 300:
            faults += [f"accepted request {fault}" for fault in self._request_faults(exchange, operation, at)]
        if faults:
            called = f"{exchange.method} {path} ({exchange.path}), answered with {exchange.status}"
            raise ContractBroken("\n  ".join([f"{called}, is not as /openapi.json says:", *faults]))

    def _answer_faults(self, exchange: Exchange, operation: dict[str, Any], at: tuple[str, ...]) -> Iterator[str]:
        if exchange.status == NOT_MODIFIED:
            return
        status = str(exchange.status)
        if status not in operation["responses"]:
            yield f"has a status that is not declared; there are {', '.join(operation['responses'])}"
            return
        content = operation["responses"][status].get("content", {})
        at = (*at, "responses", status)
        yield from self._body_faults(exchange.answer_type, exchange.answer, content, at)

    def _request_faults(self, exchange: Exchange, operation: dict[str, Any], at: tuple[str, ...]) -> Iterator[str]:
        declared = {parameter["name"]: (number, parameter) for number, parameter in enumerate(operation["parameters"])}
        for name, text in parse_qsl(exchange.query, keep_blank_values=True):
            number, parameter = declared.get(name.partition("[")[0], (0, None))
            if parameter is None or parameter["in"] != "query":
                yield f"has a query parameter {name!r}, which is not declared"
            elif parameter.get("style") != "deepObject":
                value = _read(text, parameter["schema"])
                place = (*at, "parameters", str(number), "schema")
                yield from (f"at ?{name}: {reason}" for _, reason in self._faults(value, place))
        if "requestBody" in operation:
            at = (*at, "requestBody")
            yield from self._body_faults(exchange.sent_type, exchange.sent, operation["requestBody"]["content"], at)

    def _body_faults(
        self, media_type: str, body: bytes | None, content: dict[str, Any], at: tuple[str, ...]
    ) -> Iterator[str]:
        media_type = media_type.partition(";")[0].strip().lower()
        if not content:
            if body:
                yield "has a body, and none is declared"
        elif media_type not in content and "*/*" not in content:
            yield f"is {media_type or 'of no type'}, which is not declared; there are {', '.join(content)}"
        elif media_type.endswith(("/json", "+json")) and media_type in content and body is not None:
            value = orjson.loads(body)
            found = self._faults(value, (*at, "content", media_type, "schema"))
            yield from (f"at {pointer or 'the top'}: {reason}" for pointer, reason in found)

    def _faults(self, value: Any, at: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        """Where the value is not as the schema at this place of the document says, and why."""
        if at not in self._validators:
            place = "/".join(quote(word.replace("~", "~0").replace("/", "~1"), safe="~") for word in at)
            schema = {"$ref": f"{BASE}#/{place}"}
            self._validators[at] = Draft202012Validator(schema, registry=self._registry)
        for error in self._validators[at].iter_errors(value):
            error = _deepest(error)
            yield "".join(f"/{word}" for word in error.instance_path), error.message[-LONGEST:]


def _deepest(error: ValidationError) -> ValidationError:
    """The error that lies deepest in the value, of those for which no alternative of a schema fits."""
    if isinstance(error.kind, (ValidationErrorKind.AnyOf, ValidationErrorKind.OneOfNotValid)):
        causes = [_deepest(cause) for branch in error.kind.context for cause in branch]
        deepest = max(causes, key=lambda cause: len(cause.instance_path), default=error)
        return deepest if len(deepest.instance_path) > len(error.instance_path) else error
    return error


def _read(text: str, schema: dict[str, Any]) -> Any:
    """The value that a parameter has; the text itself if it is none of its kinds."""
    for each in schema.get("anyOf", [schema]):
        try:
            match each["type"]:
                case "integer":
                    return int(text)
                case "number":
                    return float(text)
                case "boolean":
                    return {"true": True, "false": False}[text]
        except (KeyError, ValueError):
            continue
    return text


@cache
def contract() -> Contract:
    """The service's own."""
    app = create_app(
        Settings(data_dir=Path("/nowhere"), database_url="sqlite:////nowhere/at.all", broker_url="redis://nowhere")
    )
    described = document(app)
    app.extensions[KEY].close()
    return Contract(described)


class Client(httpx.Client):
    """A client of a service. Of a streamed answer it looks at the head alone."""

    def send(self, request: httpx.Request, *, stream: bool = False, **options: Any) -> httpx.Response:
        response = super().send(request, stream=stream, **options)
        contract().check(_exchange(response, is_whole=not stream))
        return response


class AsyncClient(httpx.AsyncClient):
    """The same for an event loop."""

    async def send(self, request: httpx.Request, *, stream: bool = False, **options: Any) -> httpx.Response:
        response = await super().send(request, stream=stream, **options)
        contract().check(_exchange(response, is_whole=not stream))
        return response


class AppClient(FlaskClient):
    """A client of an application in this process, which takes an answer to its end as those of a server do."""

    def open(self, *args: Any, **options: Any) -> TestResponse:
        answer = super().open(*args, **{"buffered": True} | options)
        body = orjson.dumps(options["json"]) if "json" in options else options.get("data")
        asked, is_whole = answer.request, options.get("buffered", True)
        contract().check(
            Exchange(
                asked.method,
                asked.path,
                asked.query_string.decode(),
                asked.content_type or "",
                body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else None,
                answer.status_code,
                answer.content_type or "",
                answer.data if is_whole else None,
            )
        )
        return answer


def _exchange(response: httpx.Response, *, is_whole: bool) -> Exchange:
    asked = response.request
    try:
        sent = asked.content
    except httpx.RequestNotRead:  # it was made while it was sent
        sent = None
    return Exchange(
        asked.method,
        asked.url.path,
        asked.url.query.decode(),
        asked.headers.get("content-type", ""),
        sent,
        response.status_code,
        response.headers.get("content-type", ""),
        response.content if is_whole else None,
    )
