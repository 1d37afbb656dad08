"""How models differ."""

from flask import Blueprint

from steelyard.http.query import Query
from steelyard.http.routing import Operation, route
from steelyard.http.services import service
from steelyard.revisions.diff import Differ
from steelyard.revisions.schema import ModelDiff

revisions = Blueprint("revisions", __name__)
ALIGN = Query("align", "boolean", "match the hidden units of the second model with those of the first", default=False)


@route(
    revisions,
    "GET",
    "/v1/models/<model_id>/diff/<other_id>",
    Operation("Compare two models", {200: ModelDiff}, query=(ALIGN,), problems=(404, 422)),
)
def diff_models(model_id: str, other_id: str, *, align: bool) -> ModelDiff:
    """Distance, cosine and largest change of every tensor, and on how many held-out rows the two models disagree.

    The hidden units of a network can stand in any order. With `align` those of the second model are put in the order in
    which they are most like those of the first, layer by layer; `permutation` has that order.
    """
    return service(Differ).compare(model_id, other_id, aligned=align)
