"""Trained models, their predictions and explanations."""

from typing import Any

from flask import Blueprint, Response, request

from steelyard.models import library
from steelyard.tabular.readers.options import FORMATS
from steelyard.web.pagination import as_list
from steelyard.web.query import AFTER, LIMIT, Query
from steelyard.web.routing import JSON, Operation, read_json, route, take_json
from steelyard.web.uploads import receive
from steelyard.web.wiring import services

models = Blueprint("models", __name__)
PREDICT = "/v1/models/<model_id>/predict"
FORCE = Query("force", "boolean", "delete the model even if it has aliases", default=False)
TABLES = {media_type: form for media_type, form in FORMATS.items() if media_type != JSON}


@route(
    models,
    "GET",
    "/v1/models",
    Operation("List models, newest first", {200: "ModelList"}, query=(LIMIT, AFTER), problems=(400, 422)),
)
def list_models(*, limit: int, after: str | None) -> dict[str, Any]:
    """The newest models."""
    return as_list(library.list_models(services().engine, limit=limit, after=after))


@route(models, "GET", "/v1/models/<model_id>", Operation("Get a model", {200: "Model"}, problems=(404,)))
def get_model(model_id: str) -> dict[str, Any]:
    """The model's inputs, outputs, layers and origin."""
    return library.get_model(services().engine, model_id)


@route(
    models,
    "DELETE",
    "/v1/models/<model_id>",
    Operation("Delete a model; its job is kept", {204: None}, query=(FORCE,), problems=(404, 409, 422)),
)
def delete_model(model_id: str, *, force: bool) -> Response:
    """Delete the model. A model with an alias is deleted only with `force`."""
    library.delete_model(services().engine, model_id, force=force)
    services().predictor.look_again()
    return Response(status=204)


@route(
    models,
    "PUT",
    "/v1/models/<model_id>/aliases/<alias>",
    Operation("Give a model an alias, which can be used in place of its id", {200: "Model"}, problems=(404, 422)),
)
def set_model_alias(model_id: str, alias: str) -> dict[str, Any]:
    """Give the model the alias. If another model has it, the alias moves."""
    engine = services().engine
    library.set_alias(engine, model_id, alias)
    services().predictor.look_again()
    return library.get_model(engine, alias)


@route(
    models,
    "DELETE",
    "/v1/models/<model_id>/aliases/<alias>",
    Operation("Remove an alias from a model", {204: None}, problems=(404,)),
)
def delete_model_alias(model_id: str, alias: str) -> Response:
    """Remove the alias; the model is kept."""
    library.remove_alias(services().engine, model_id, alias)
    services().predictor.look_again()
    return Response(status=204)


@route(
    models,
    "POST",
    PREDICT,
    Operation("Predict", {200: "Prediction"}, body="PredictRequest", files=True, problems=(404, 413, 415, 422)),
)
def predict(model_id: str) -> dict[str, Any]:
    """Predictions for rows, given as lists, as objects, or as a CSV, Parquet or Arrow file."""
    ours = services()
    if request.mimetype not in TABLES:
        return ours.predictor.predict(model_id, take_json())
    most = ours.settings.max_body_bytes
    wanted = ours.predictor.get(model_id)[1].features
    with (
        receive(most) as sent,
        ours.readers.read(sent.path, TABLES[sent.media_type], max_bytes=most, wanted=wanted) as parsed,
    ):
        return ours.predictor.predict_tables(model_id, parsed.tables())


@route(
    models,
    "POST",
    "/v1/models/<model_id>/explain",
    Operation("Explain", {200: "Explanation"}, body="ExplainRequest", problems=(404, 413, 415, 422)),
)
def explain(model_id: str) -> dict[str, Any]:
    """The importance of each column, compared with a control: noise columns with untrained weights.

    By `permutation` it is how much the loss rises when the column is shuffled among the rows (without targets, how far
    the answers move), by `integrated_gradients` the mean size of what it adds to the outputs on the way from the mean
    training row, by `connection_weights` that of the products of weights from it to the outputs. The rows are those
    sent, which may bear their targets, else those that the job kept back for validation, for test, or trained on; at
    most 1000, and fewer of a large network. `agreement` is Spearman's correlation of the methods' rankings.
    """
    return services().explainer.explain(model_id, read_json())
