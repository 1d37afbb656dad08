"""The routes of replays."""

from typing import Any

from flask import Blueprint, Response

from steelyard.documents.writer import dump
from steelyard.exports import nested, npz
from steelyard.exports.pieces import PiecewiseTensor
from steelyard.http.query import MOST_OFFSET, Query
from steelyard.http.routing import JSON, Operation, choose_form, route, stream
from steelyard.http.services import service
from steelyard.replays.schema import DecisionBoundary, Gradients, Histograms, LayerUnits
from steelyard.replays.service import Replayer

replays = Blueprint("replays", __name__)
EPOCH = Query("epoch", "integer", "only this epoch, one whose weights are stored", least=0, most=MOST_OFFSET)
X = Query("x", "string", "the column on the horizontal axis; the first if it is missing")
Y = Query("y", "string", "the column on the vertical axis; the next if it is missing")
TARGET = Query("target", "string", "which of several targets; the first if it is missing")
UNIT = Query("unit", "integer", "only the unit of this number, from 0", least=0, most=MOST_OFFSET)
INDEX = Query("index", "string", "only the weight at this place: `3,5` is row 3, column 5, both from 0")
BINS = Query("bins", "integer", "number of bins", default=60, least=2, most=500)
OF = Query("of", "string", "what is counted", default="weights", choices=("weights", "gradients"))
FORMS = (JSON, npz.NPY_MEDIA_TYPE)


@route(
    replays,
    "GET",
    "/v1/jobs/<job_id>/decision-boundary",
    Operation(
        "Get the answers over a grid of two columns",
        {200: DecisionBoundary},
        query=(X, Y, TARGET, EPOCH),
        problems=(404, 409, 422, 503),
    ),
)
def get_decision_boundary(job_id: str, **asked: Any) -> DecisionBoundary:
    """What the network answers on 48 × 48 points of two columns, at every epoch whose weights are stored.

    The other columns have their median or most frequent value. Also while the job runs.
    """
    return service(Replayer).draw_boundary(job_id, **asked)


@route(
    replays,
    "GET",
    "/v1/jobs/<job_id>/units/<layer>",
    Operation(
        "Get the outputs of the units of a layer",
        {200: LayerUnits},
        query=(EPOCH, UNIT),
        problems=(404, 409, 422, 503),
    ),
)
def get_units(job_id: str, layer: str, *, epoch: int | None, unit: int | None) -> LayerUnits:
    """For each unit the histogram of its outputs on the probe, its flags, and its incoming weights by input."""
    return service(Replayer).describe_units(job_id, layer, epoch=epoch, unit=unit)


@route(
    replays,
    "GET",
    "/v1/jobs/<job_id>/gradients/<layer>/<tensor>",
    Operation(
        "Get the gradients of a tensor over the recorded epochs",
        {200: Gradients},
        query=(EPOCH, INDEX),
        forms=FORMS[1:],
        problems=(404, 406, 409, 422, 503),
    ),
)
def get_gradients(job_id: str, layer: str, tensor: str, *, epoch: int | None, index: str | None) -> Response:
    """The gradient of the probe's mean loss by every weight, and how the weight changed since the stored epoch before.

    As `application/x-npy` the gradients alone.
    """
    form = choose_form(FORMS)
    found = service(Replayer).differentiate(job_id, f"{layer}/{tensor}", epoch=epoch, index=index)
    version = ("gradients", job_id, found.name, index, *found.epochs)
    values, changes = PiecewiseTensor.of(found.values), PiecewiseTensor.of(found.changes)
    if form == npz.NPY_MEDIA_TYPE:
        headers = {"Content-Disposition": f'attachment; filename="{layer}-{tensor}-gradients.npy"'}
        return stream(npz.dump_npy(values), version=version, content_type=form, headers=headers)
    head = Gradients(
        name=found.name,
        epochs=found.epochs,
        index=None if index is None else [int(each) for each in index.split(",")],
        shape=[*values.shape],
        dtype=values.dtype.name,
        values=[],
        changes=[],
    )
    first, between, end = dump(head).split(b"[]")
    pieces = [[first], nested.dump(values), [between], nested.dump(changes), [end]]
    return stream((piece for several in pieces for piece in several), version=version)


@route(
    replays,
    "GET",
    "/v1/jobs/<job_id>/histograms/<layer>/<tensor>",
    Operation(
        "Get the histograms of a tensor over the recorded epochs",
        {200: Histograms},
        query=(OF, BINS),
        problems=(404, 409, 422, 503),
    ),
)
def get_tensor_histograms(job_id: str, layer: str, tensor: str, **asked: Any) -> Histograms:
    """How many weights, or gradients, are in each bin at every stored epoch; the bins are the same at all of them."""
    return service(Replayer).count_tensor(job_id, f"{layer}/{tensor}", **asked)


@route(
    replays,
    "GET",
    "/v1/jobs/<job_id>/histograms/<layer>",
    Operation(
        "Get the histograms of a layer's outputs over the recorded epochs",
        {200: Histograms},
        query=(BINS,),
        problems=(404, 409, 422, 503),
    ),
)
def get_output_histograms(job_id: str, layer: str, *, bins: int) -> Histograms:
    """How many outputs of the layer's units on the probe are in each bin, which is the same at all stored epochs."""
    return service(Replayer).count_outputs(job_id, layer, bins=bins)
