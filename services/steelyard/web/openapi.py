"""The OpenAPI 3.1 document, made from the routes' own declarations and from pydantic's JSON Schemas."""

import re
from functools import cache
from typing import Any

import orjson
from flask import Blueprint, Flask, Response, current_app, render_template
from pydantic import BaseModel
from werkzeug.routing import Rule

from steelyard import __version__
from steelyard.datasets.schema import DatasetColumn
from steelyard.documents.schema import NAMED, Problem
from steelyard.http.idempotency import HEADER, KEY, REPLAYED
from steelyard.http.query import Query
from steelyard.http.routing import JSON, OPERATION, Operation, route
from steelyard.http.uploads import MULTIPART
from steelyard.models.library import ALIAS
from steelyard.tabular.readers.options import FORMATS
from steelyard.training.examples import EXAMPLES
from steelyard.training.json_schema import NAME as REQUEST
from steelyard.training.json_schema import describe, request_schema
from steelyard.training.schema import JobSpec
from steelyard.web.schema import OpenAPI

REF = "#/components/schemas/{model}"
PROBLEM_NAMES = {
    400: "the request is malformed",
    403: "the request's host or origin is not allowed",
    404: "the resource does not exist",
    405: "the endpoint does not support this method",
    406: "the resource is not available in an accepted media type",
    408: "the body did not arrive in time",
    409: "the state of the resource does not allow this",
    413: "the body is too large",
    415: "the media type of the body is not supported",
    422: "validation failed; `errors` lists every error",
    500: "internal error",
    503: "the service, or a part of it, is unavailable",
}
KEY_PARAMETER: dict[str, Any] = {
    "name": HEADER,
    "in": "header",
    "description": "chosen by the client: a repeated request with the same key is executed once and gets the same "
    f"response, marked `{REPLAYED}: true`",
    "schema": {"type": "string", "pattern": f"^{KEY.pattern}$"},
}
FILE = {"type": "string", "format": "binary", "contentMediaType": "application/octet-stream", "minLength": 1}
JSON_COLUMN = {"$ref": REF.format(model="JsonColumn")}
FILES: dict[str, Any] = {
    # A list or an object, without a type: the code that client generators make of a union of them does not run.
    "JsonFile": {
        "description": "a list of objects; or columns, as lists or as objects by row; or `rows`; or `x` and `y`; or "
        "`columns` and `data`",
        "items": {"$ref": REF.format(model="JsonRecord")},
        "properties": dict.fromkeys(("rows", "x", "y", "columns", "data"), JSON_COLUMN),
        "additionalProperties": JSON_COLUMN,
    },
    "JsonColumn": {"anyOf": [{"type": "array", "items": {}}, {"$ref": REF.format(model="JsonRecord")}]},
    "JsonRecord": {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean", "null"]}},
}
FILE_FIELDS = {"file": FILE, "name": {"type": "string", "maxLength": 200, "pattern": "^[^\\u0000]*$"}}
PATH_SCHEMAS = {"alias": {"type": "string", "pattern": f"^{ALIAS.pattern}$"}}
STORED = (JobSpec, DatasetColumn)  # models of JSON that is stored, and served as it is
docs = Blueprint("docs", __name__)


@route(docs, "GET", "/openapi.json", Operation("This document", {200: OpenAPI}))
def get_document() -> OpenAPI:
    """The OpenAPI document."""
    return OpenAPI(**document(current_app))


@docs.get("/docs")
def show() -> Response:
    """The document for reading and trying, by Swagger UI."""
    return Response(render_template("docs.html"), content_type="text/html; charset=utf-8")


def operations(app: Flask) -> list[tuple[Rule, str, Operation, str]]:
    """Every declared route: its rule, method, declaration and description."""
    found = []
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if hasattr(view, OPERATION):
            methods = (rule.methods or set()) - {"HEAD", "OPTIONS"}
            found += [(rule, method, getattr(view, OPERATION), view.__doc__ or "") for method in sorted(methods)]
    return sorted(found, key=lambda each: (each[0].rule, each[1]))


def document(app: Flask) -> dict[str, Any]:
    """The document of an application."""
    paths: dict[str, dict[str, Any]] = {}
    bodies, answers = set[Any](), set[Any]()
    for rule, method, operation, description in operations(app):
        bodies |= {operation.body, operation.form}
        answers.update(operation.answers.values())
        answers.update({operation.errors.model} if operation.errors else ())
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        paths.setdefault(path, {})[method.lower()] = _operation(rule, operation, description)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Steelyard",
            "version": __version__,
            "summary": "Training-as-a-service: POST a job, fetch its weights, predict.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": _schemas(frozenset(bodies - {None}), frozenset(answers - {None}))},
    }


@cache
def _schemas(bodies: frozenset[type[BaseModel]], answers: frozenset[type[BaseModel]]) -> dict[str, Any]:
    """Every schema by name, of requests and of answers."""
    requests = request_schema(REF) | describe(bodies - {JobSpec}, "validation", REF)
    answered = describe(answers | {*STORED, Problem}, "serialization", REF)
    text = orjson.dumps(_with_suffix(answered, requests) | requests | FILES).decode()
    schemas: dict[str, Any] = orjson.loads(text.replace(f'"{NAMED}":"', f'"$ref":"{REF.format(model="")}'))
    return schemas


def _with_suffix(answers: dict[str, Any], requests: dict[str, Any]) -> dict[str, Any]:
    """The schemas of answers, in which those that differ from a request's of the same name have `Spec` behind it.

    What a job says of its optimizer has all fields, for instance, and a client may send a name instead. A schema that
    refers to one that differs, differs too.
    """
    text, renamed = orjson.dumps(answers).decode(), set[str]()

    def rename(found: re.Match[str]) -> str:
        return found[0][:-1] + 'Spec"' if found[1] in renamed else found[0]

    while True:
        described = orjson.loads(re.sub(rf'"{re.escape(REF.format(model=""))}(\w+)"', rename, text))
        differing = {name for name in described.keys() & requests.keys() if described[name] != requests[name]}
        if differing <= renamed:
            return {f"{name}Spec" if name in renamed else name: schema for name, schema in described.items()}
        renamed |= differing


def _operation(rule: Rule, operation: Operation, description: str) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": PATH_SCHEMAS.get(name, {"type": "string"})}
        for name in sorted(rule.arguments)
    ]
    parameters += [_parameter(query) for query in operation.query]
    parameters += [
        {"name": name, "in": "header", "description": description, "schema": {"type": "integer", "minimum": 0}}
        for name, description in operation.lengths.items()
    ]
    if operation.keyed:
        parameters.append(KEY_PARAMETER)
    described: dict[str, Any] = {
        "operationId": rule.endpoint.split(".")[-1],
        "tags": [rule.endpoint.split(".")[0]],
        "summary": operation.summary,
        "description": description,
        "parameters": parameters,
        "responses": _responses(operation, has_body=bool(operation.body or operation.files or operation.form)),
    }
    if content := _body(operation):
        described["requestBody"] = {"required": True, "content": content}
    return described


def _body(operation: Operation) -> dict[str, Any]:
    content: dict[str, Any] = {}
    if operation.files:
        content |= {media_type: {"schema": _file_schema(media_type, FILE)} for media_type in FORMATS}
    if operation.files and operation.body is None:
        form = {"type": "object", "required": ["file"], "properties": FILE_FIELDS, "additionalProperties": False}
        content[MULTIPART] = {"schema": form, "encoding": {"file": {"contentType": ", ".join(FORMATS)}}}
    if operation.form is not None:
        content[MULTIPART] = {"schema": _ref(operation.form.__name__)}
    if operation.body is not None:
        content[JSON] = {"schema": _ref(REQUEST if operation.body is JobSpec else operation.body.__name__)}
        if operation.body is JobSpec:
            content[JSON]["examples"] = {name: {"value": example} for name, example in EXAMPLES.items()}
    content |= {media_type: {"schema": FILE} for media_type in operation.media_types}
    return content


def _ref(model: str) -> dict[str, str]:
    return {"$ref": REF.format(model=model)}


def _file_schema(media_type: str, otherwise: dict[str, Any]) -> dict[str, Any]:
    return _ref("JsonFile") if media_type == JSON else otherwise


def _parameter(query: Query) -> dict[str, Any]:
    style = {"style": "deepObject", "explode": True} if query.kind == "labels" else {}
    return {"name": query.name, "in": "query", "description": query.description, "schema": query.schema, **style}


def _responses(operation: Operation, *, has_body: bool) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for index, (status, model) in enumerate(operation.answers.items()):
        content = {} if model is None else {JSON: {"schema": _ref(model.__name__)}}
        if index == 0:
            content |= {form: {"schema": _file_schema(form, {"type": "string"})} for form in operation.forms}
        responses[str(status)] = {"description": operation.summary, **({"content": content} if content else {})}
    statuses = {*operation.problems, 403, 422, 500, 503} | ({400, 408, 413, 415} if has_body else set())
    problem = {"application/problem+json": {"schema": _ref(Problem.__name__)}}
    if operation.errors is not None:
        problem = {JSON: {"schema": _ref(operation.errors.model.__name__)}}
    for status in sorted(statuses - set(operation.answers)):
        responses[str(status)] = {"description": PROBLEM_NAMES[status], "content": problem}
    return responses
