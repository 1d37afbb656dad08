"""Batch predictions, computed by the workers."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any

import orjson
from flask import Blueprint, Response, g, url_for
from pydantic import ValidationError

from steelyard.datasets import library
from steelyard.errors import MOST_ERRORS, Fault, ValidationFailed, nearest, pointer, shown
from steelyard.inference.rows import read_inputs, read_table
from steelyard.inference.service import Loaded
from steelyard.jobs import batches
from steelyard.jobs.batches import PREDICTION, BatchPlan
from steelyard.jobs.webhooks.address_policy import require_reach
from steelyard.store.replies import Once
from steelyard.training.schema_errors import translate
from steelyard.training.webhook import Webhook
from steelyard.web.idempotency import answer_once
from steelyard.web.life import add_life
from steelyard.web.pagination import CSV, as_csv, as_list, as_rows
from steelyard.web.query import AFTER, LIMIT, MOST_OFFSET, Query
from steelyard.web.routing import JSON, Operation, choose_form, read_json, reply, route, stream
from steelyard.web.wiring import services

predictions = Blueprint("predictions", __name__)
ROWS = Query("limit", "integer", "maximum number of rows", default=50, least=1, most=100_000)
ROW = Query("after", "integer", "number of rows to skip", default=0, least=0, most=MOST_OFFSET)
RETRY_SECONDS = 1
INLINE: dict[str, tuple[type, str]] = {"rows": (dict, "objects"), "x": (list, "lists")}


@route(
    predictions,
    "POST",
    "/v1/models/<model_id>/predictions",
    Operation(
        "Predict many rows as a job",
        {202: "BatchPrediction"},
        body="BatchRequest",
        keyed=True,
        problems=(404, 409, 413, 415, 422),
    ),
)
def create_prediction(model_id: str) -> Response:
    """Queue a job that predicts the rows."""

    def create(once: Once | None) -> bytes:
        ours = services()
        batch = batches.submit(ours.engine, _read_plan(model_id), request_id=g.request_id, once=once)
        if not ours.doorbell.ring(batch["id"]):
            ours.meters.lost_rings.inc()
        return orjson.dumps(batch)

    answer, headers = answer_once(create)
    headers["Location"] = url_for("predictions.get_prediction", prediction_id=orjson.loads(answer)["id"])
    headers["Retry-After"] = str(RETRY_SECONDS)
    return reply(answer, 202, headers=headers)


def _read_plan(reference: str) -> BatchPlan:
    document = read_json()
    model_id, model = services().predictor.get(reference)
    name, data = _read_fields(document)
    webhook = _read_webhook(document.get("webhook"))
    if "dataset" in data:
        rows = _require_inputs(data["dataset"], model)
        return BatchPlan(model_id, data["dataset"], None, rows, model.labels, name, webhook)
    key, sent = _read_inline(data["inline"])
    with _told_at(pointer("data", "inline", key)):
        read_inputs({"inputs": sent}, model.inputs, model.network.dtype)
    return BatchPlan(model_id, None, orjson.dumps(sent), len(sent), model.labels, name, webhook)


def _read_fields(document: Any) -> tuple[str | None, dict[str, Any]]:
    """The name, and the data. Raises `ValidationFailed`."""
    if not isinstance(document, dict):
        raise ValidationFailed([Fault("", f"is {shown(document)}; it must be an object with 'data'")])
    known = ("data", "name", "webhook")
    unknown = [key for key in document if key not in known]
    faults = [Fault(pointer(key), f"is not a known field; {nearest(key, known)}") for key in unknown[:MOST_ERRORS]]
    faults += [Fault(pointer(key), "is not a known field") for key in unknown[MOST_ERRORS:]]
    name, data = document.get("name"), document.get("data")
    if name is not None and not (isinstance(name, str) and 0 < len(name) <= 200):
        faults.append(Fault(pointer("name"), f"is {shown(name)}; it must be a string of 1 to 200 characters"))
    if not isinstance(data, dict) or len(data) != 1 or next(iter(data)) not in ("dataset", "inline"):
        seen = f"is {shown(data)}" if "data" in document else "is missing"
        faults.append(Fault(pointer("data"), f"{seen}; it must be an object with one of 'dataset' and 'inline'"))
    elif not isinstance(data.get("dataset", ""), str):
        seen = shown(data["dataset"])
        faults.append(Fault(pointer("data", "dataset"), f"is {seen}; it must be the id of a data set"))
    if faults:
        raise ValidationFailed(faults)
    assert isinstance(data, dict)
    return name, data


def _read_webhook(given: Any) -> Webhook | None:
    """The webhook of the end of the batch. Raises `ValidationFailed`."""
    if given is None:
        return None
    try:
        webhook = Webhook.model_validate(given)
    except ValidationError as error:
        faults = translate(error, Webhook, given, given)
        raise ValidationFailed(Fault(pointer("webhook") + fault.pointer, fault.detail) for fault in faults) from None
    require_reach(webhook, services().settings.webhook_networks)
    return webhook


def _read_inline(inline: Any) -> tuple[str, list[Any]]:
    """The field with the rows, and the rows, each an object or a list as the field asks. Raises `ValidationFailed`."""
    place = ("data", "inline")
    unknown = [key for key in inline if key not in INLINE] if isinstance(inline, dict) else []
    if unknown:
        raise ValidationFailed(
            Fault(pointer(*place, key), "is not a known field; known are rows, x") for key in unknown
        )
    if not isinstance(inline, dict) or len(inline) != 1:
        detail = f"is {shown(inline)}; it must be an object with one of 'rows' (objects) and 'x' (lists)"
        raise ValidationFailed([Fault(pointer(*place), detail)])
    key, rows = next(iter(inline.items()))
    kind, called = INLINE[key]
    if not isinstance(rows, list) or not rows:
        raise ValidationFailed([Fault(pointer(*place, key), f"is {shown(rows)}; it must be a list of {called}")])
    wrong = (number for number, row in enumerate(rows) if not isinstance(row, kind))
    if (number := next(wrong, None)) is not None:
        detail = f"is {shown(rows[number])}; '{key}' holds {called}"
        raise ValidationFailed([Fault(pointer(*place, key, number), detail)])
    return key, rows


def _require_inputs(dataset_id: str, model: Loaded) -> int:
    """How many rows the data set has, once it has all that the model takes. Raises `NotFound`, `ValidationFailed`."""
    engine, encoder = services().engine, model.inputs
    dataset = library.get(engine, dataset_id)
    there = [column["name"] for column in dataset["columns"]]
    place = pointer("data", "dataset")
    missing = [name for name in encoder.features if name not in there]
    if missing:
        raise ValidationFailed(
            [
                Fault(place, f"has no column {shown(name)}, which the model needs; {nearest(name, there)}")
                for name in missing[:MOST_ERRORS]
            ]
            + [Fault(place, f"has no column {shown(name)}, which the model needs") for name in missing[MOST_ERRORS:]]
        )
    with _told_at(place):  # a column is of one form: if the first rows are not what the model takes, no others are
        read_table(library.load_part(engine, dataset_id, [*encoder.features], 0), encoder, model.network.dtype)
    rows: int = dataset["rows"]
    return rows


@contextmanager
def _told_at(place: str) -> Iterator[None]:
    """Report errors of inputs under this pointer of the request."""
    try:
        yield
    except ValidationFailed as error:
        raise ValidationFailed(
            Fault(place + fault.pointer.removeprefix("/inputs"), fault.detail) for fault in error.faults
        ) from None


@route(
    predictions,
    "GET",
    "/v1/predictions",
    Operation("List predictions, newest first", {200: "BatchList"}, query=(LIMIT, AFTER), problems=(400, 422)),
)
def list_predictions(*, limit: int, after: str | None) -> dict[str, Any]:
    """The newest predictions."""
    return as_list(batches.list_batches(services().engine, limit=limit, after=after))


add_life(predictions, PREDICTION, "/v1/predictions", "BatchPrediction")


@route(
    predictions,
    "GET",
    "/v1/predictions/<prediction_id>/rows",
    Operation("Get the predictions", {200: "BatchRows"}, query=(ROWS, ROW), forms=(CSV,), problems=(404, 406, 422)),
)
def get_prediction_rows(prediction_id: str, *, limit: int, after: int) -> Response:
    """Row, prediction and probabilities."""
    form = choose_form((JSON, CSV))
    engine = services().engine
    found = batches.open_rows(engine, prediction_id, limit=limit, after=after)
    if form == JSON:
        return stream(as_rows(found), version=found.version)
    first = next(found.rows, [])
    labels = batches.get_labels(engine, prediction_id) if any("probabilities" in row for row in first) else []
    header = ["row", "prediction", *(f"probability of {label}" for label in labels)]
    blocks = (
        [[row["row"], row["prediction"], *row.get("probabilities", ())] for row in rows]
        for rows in chain([first], found.rows)
    )
    return stream(as_csv(header, blocks), version=found.version, content_type=CSV)
