"""Explanations of models."""

from flask import Blueprint

from steelyard.attribution.schema import ExplainRequest, Explanation
from steelyard.attribution.service import Explainer
from steelyard.http.routing import Operation, read_json, route
from steelyard.http.services import service

explanations = Blueprint("explanations", __name__)


@route(
    explanations,
    "POST",
    "/v1/models/<model_id>/explain",
    Operation("Explain", {200: Explanation}, body=ExplainRequest, problems=(404, 413, 415, 422)),
)
def explain(model_id: str) -> Explanation:
    """The importance of each column, compared with a control: shuffled columns with untrained weights.

    By `permutation` it is how much the loss rises when the column is shuffled among the rows (without targets, how far
    the answers move), by `integrated_gradients` the mean size of what it adds to the outputs on the way from the mean
    training row, by `connection_weights` that of the products of weights from it to the outputs. The rows are those
    sent, which may bear their targets, else those that the job kept back for validation, for test, or trained on; at
    most 1000, and fewer of a large network. `agreement` is Spearman's correlation of the methods' rankings.
    """
    return service(Explainer).explain(model_id, read_json())
