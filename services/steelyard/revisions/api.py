"""How models differ, and edits of their weights."""

import orjson
from flask import Blueprint, Response, url_for

from steelyard.http.idempotency import answer_once
from steelyard.http.query import Query
from steelyard.http.routing import Operation, read_json, reply, route
from steelyard.http.services import service
from steelyard.revisions.diff import Differ
from steelyard.revisions.edits import Editing
from steelyard.revisions.request import EditRequest, read_edits
from steelyard.revisions.schema import ModelDiff, ModelEdit

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


@route(
    revisions,
    "POST",
    "/v1/models/<model_id>/edits",
    Operation(
        "Make a model by editing the weights of another",
        {201: ModelEdit},
        body=EditRequest,
        keyed=True,
        problems=(404, 409, 413, 415, 422),
    ),
)
def edit_model(model_id: str) -> Response:
    """Set, scale, zero or prune weights, add noise, begin units again, or permute them.

    The other model stays as it is. The new one lists its `lineage`, and has its metrics beside the old ones. `undo`
    are the edits that give the old weights again, bit for bit.
    """
    asked = read_edits(read_json())
    answer, headers = answer_once(lambda once: service(Editing).edit(model_id, asked, once=once))
    headers["Location"] = url_for("models.get_model", model_id=orjson.loads(answer)["model"]["id"])
    return reply(answer, 201, headers=headers)
