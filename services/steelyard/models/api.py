"""Trained models."""

from flask import Blueprint, Response

from steelyard.http.query import AFTER, LIMIT, Query
from steelyard.http.routing import Operation, route
from steelyard.http.services import service
from steelyard.models import library
from steelyard.models.references import References
from steelyard.models.schema import Model, ModelList
from steelyard.store.engine import Engine

models = Blueprint("models", __name__)
STARTED_FROM = Query(
    "started_from",
    "string",
    "only models that come from the weights of this one, by its id: trained further, or edited",
)
FORCE = Query("force", "boolean", "delete the model even if it has aliases", default=False)


@route(
    models,
    "GET",
    "/v1/models",
    Operation("List models, newest first", {200: ModelList}, query=(STARTED_FROM, LIMIT, AFTER), problems=(400, 422)),
)
def list_models(*, started_from: str | None, limit: int, after: str | None) -> ModelList:
    """The newest models."""
    return ModelList.of(library.list_models(service(Engine), started_from=started_from, limit=limit, after=after))


@route(models, "GET", "/v1/models/<model_id>", Operation("Get a model", {200: Model}, problems=(404,)))
def get_model(model_id: str) -> Model:
    """The model's inputs, outputs, layers and origin."""
    return library.get_model(service(Engine), model_id)


@route(
    models,
    "DELETE",
    "/v1/models/<model_id>",
    Operation("Delete a model; its job is kept", {204: None}, query=(FORCE,), problems=(404, 409, 422)),
)
def delete_model(model_id: str, *, force: bool) -> Response:
    """Delete the model. A model with an alias is deleted only with `force`."""
    library.delete_model(service(Engine), model_id, force=force)
    service(References).forget()
    return Response(status=204)


@route(
    models,
    "PUT",
    "/v1/models/<model_id>/aliases/<alias>",
    Operation("Give a model an alias, which can be used in place of its id", {200: Model}, problems=(404, 422)),
)
def set_model_alias(model_id: str, alias: str) -> Model:
    """Give the model the alias. If another model has it, the alias moves."""
    engine = service(Engine)
    library.set_alias(engine, model_id, alias)
    service(References).forget()
    return library.get_model(engine, alias)


@route(
    models,
    "DELETE",
    "/v1/models/<model_id>/aliases/<alias>",
    Operation("Remove an alias from a model", {204: None}, problems=(404,)),
)
def delete_model_alias(model_id: str, alias: str) -> Response:
    """Remove the alias; the model is kept."""
    library.remove_alias(service(Engine), model_id, alias)
    service(References).forget()
    return Response(status=204)
