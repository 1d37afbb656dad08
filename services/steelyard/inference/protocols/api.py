"""Predictions in the protocols of other model servers."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from flask import Blueprint, Response, request

from steelyard import __version__
from steelyard.documents.strict_json import nan_as_null, read_document
from steelyard.documents.writer import dump
from steelyard.errors import NotFound, Unavailable, UnsupportedMediaType, shown
from steelyard.http.routing import JSON, Operation, reply, route, take_body, take_json
from steelyard.http.services import service
from steelyard.inference.api import predict_file
from steelyard.inference.protocols import mlflow, open_inference
from steelyard.inference.protocols.open_inference import HEADER
from steelyard.inference.protocols.schema import (
    InferRequest,
    InferResponse,
    Invocations,
    InvocationsRequest,
    ModelMetadata,
    ModelReady,
    ServerLive,
    ServerMetadata,
    ServerReady,
)
from steelyard.inference.rows import errors_at
from steelyard.inference.schema import Prediction
from steelyard.inference.service import Loaded, Predictor, Prepared
from steelyard.store.engine import Engine
from steelyard.store.migration import is_current
from steelyard.tabular.readers.options import Dialect

Sent = tuple[bytes, dict[str, str]]  # a body and its headers
Ready = tuple[Prepared, Callable[[Prediction], Sent]]  # rows to predict, and how the prediction is sent
protocols = Blueprint("protocols", __name__)
CSV, BINARY, TEXT = "text/csv", "application/octet-stream", "text/plain"
MODEL = "/v2/models/<model_name>"
INVOCATIONS = "/v1/models/<model_id>/invocations"
INFER_RULE = f"{MODEL}/infer"
VERSION = f"{MODEL}/versions/<version>"
oip: Callable[..., Operation] = partial(Operation, errors=open_inference.ERRORS)
scoring: Callable[..., Operation] = partial(Operation, errors=mlflow.ERRORS)


@route(protocols, "GET", "/v2", oip("Describe this server (Open Inference Protocol)", {200: ServerMetadata}))
def get_server_metadata() -> ServerMetadata:
    """Its name, version and extensions."""
    return ServerMetadata(name="steelyard", version=__version__, extensions=["binary_tensor_data"])


@route(
    protocols,
    "GET",
    "/v2/health/live",
    oip("Check that this server responds (Open Inference Protocol)", {200: ServerLive}),
)
def get_server_live() -> ServerLive:
    """Always succeeds if the process responds."""
    return ServerLive(live=True)


@route(
    protocols,
    "GET",
    "/v2/health/ready",
    oip("Check that this server can predict (Open Inference Protocol)", {200: ServerReady, 503: ServerReady}),
)
def get_server_ready() -> Response:
    """Whether the database answers, which has the models. Workers are not needed to predict."""
    try:
        ready = is_current(service(Engine))
    except Unavailable:
        ready = False
    return reply(ServerReady(ready=ready), 200 if ready else 503)


def _find(model_name: str, version: str | None) -> tuple[str, Loaded]:
    """The model of a name; its only version is its id. Raises `NotFound`."""
    model_id, model = service(Predictor).get(model_name)
    if version not in (None, model_id):
        raise NotFound(f"the model {shown(model_name)} has no version {shown(version)}; its version is {model_id}")
    return model_id, model


METADATA = oip("Describe a model (Open Inference Protocol)", {200: ModelMetadata}, problems=(404,))


@route(protocols, "GET", VERSION, METADATA, name="get_version_metadata")
@route(protocols, "GET", MODEL, METADATA)
def get_model_metadata(model_name: str, version: str | None = None) -> ModelMetadata:
    """Its inputs and outputs as tensors. A name is a model's id or an alias; the version is the id."""
    return open_inference.describe(model_name, *_find(model_name, version))


READY = oip("Check that a model can predict (Open Inference Protocol)", {200: ModelReady}, problems=(404,))


@route(protocols, "GET", f"{VERSION}/ready", READY, name="get_version_ready")
@route(protocols, "GET", f"{MODEL}/ready", READY)
def get_model_ready(model_name: str, version: str | None = None) -> ModelReady:
    """Loads the model."""
    _find(model_name, version)
    return ModelReady(name=model_name, ready=True)


INFER = oip(
    "Predict (Open Inference Protocol)",
    {200: InferResponse},
    body=InferRequest,
    media_types=(BINARY,),
    lengths={HEADER: "bytes of the JSON, if the bytes of tensors follow it"},
    forms=(BINARY,),
    problems=(404, 413, 415, 422),
)


@route(protocols, "POST", f"{VERSION}/infer", INFER, name="infer_version")
@route(protocols, "POST", INFER_RULE, INFER)
def infer(model_name: str, version: str | None = None) -> Response:
    """Predictions for tensors, in JSON or as bytes behind it (`Inference-Header-Content-Length`).

    The outputs are `label` and `probabilities` of classes, or `value`.
    """
    model_id, model = _find(model_name, version)
    asked = open_inference.read_request(take_body(), request.headers.get(HEADER))
    inputs = open_inference.make_inputs(asked, model.inputs, model.network.dtype)
    content, headers = open_inference.write_answer(asked, model_name, Prepared(model_id, model, inputs).predict())
    return Response(content, headers=headers)


@route(
    protocols,
    "POST",
    INVOCATIONS,
    scoring(
        "Predict (MLflow scoring)",
        {200: Invocations},
        body=InvocationsRequest,
        media_types=(CSV,),
        problems=(404, 413, 415, 422),
    ),
)
def invoke(model_id: str) -> Response:
    """Predictions for a data frame (`dataframe_split`, `dataframe_records`), `instances`, `inputs`, or a CSV file."""
    predictor = service(Predictor)
    if request.mimetype not in (CSV, JSON):
        raise UnsupportedMediaType(f"the Content-Type is {request.mimetype or 'none'}; it must be {JSON} or {CSV}")
    if request.mimetype == CSV:
        said: dict[str, Any] = predict_file(model_id, Dialect()).to_json()
    else:
        model_id, _ = predictor.get(model_id)
        rows, at = mlflow.make_rows(read_document(nan_as_null(take_json())))
        with errors_at(at):
            said = predictor.predict_rows(model_id, rows).to_json()
    return reply(Invocations.unchecked(predictions=said["predictions"]))


def prepare_infer(predictor: Predictor, model_name: str, body: bytes, headers: Mapping[str, str]) -> Ready | None:
    """As `infer`, if that takes a moment; else `None`. Header names are in lower case."""
    if (found := predictor.recall(model_name)) is None:
        return None
    model_id, model = found
    asked = open_inference.read_request(body, headers.get(HEADER.lower()))
    if not model.is_quick(asked.rows):
        return None
    prepared = Prepared(model_id, model, open_inference.make_inputs(asked, model.inputs, model.network.dtype))
    asked.inputs.clear()  # many requests wait together: their values would fill the processor's cache
    return prepared, partial(open_inference.write_answer, asked, model_name)


def prepare_invoke(predictor: Predictor, model_id: str, body: bytes, _: Mapping[str, str]) -> Ready | None:
    """As `invoke` for JSON, if that takes a moment; else `None`."""
    if predictor.recall(model_id) is None:
        return None
    prepared = predictor.prepare_rows(model_id, mlflow.make_rows(read_document(nan_as_null(body)))[0])
    return None if prepared is None else (prepared, _write_invocations)


def _write_invocations(prediction: Prediction) -> Sent:
    return dump(Invocations.unchecked(predictions=prediction.to_json()["predictions"])), {"content-type": JSON}


@route(protocols, "GET", "/ping", scoring("Check that this server responds (MLflow)", {200: None}, forms=(TEXT,)))
def ping() -> Response:
    """Always succeeds if the process responds."""
    return Response("\n", content_type=TEXT)


@route(protocols, "GET", "/version", scoring("Get the version of this server (MLflow)", {200: None}, forms=(TEXT,)))
def get_version() -> Response:
    """The version of Steelyard, as text."""
    return Response(__version__, content_type=TEXT)
