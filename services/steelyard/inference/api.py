"""Predictions: at once, and for many rows as a job."""

from itertools import chain
from typing import Any

import orjson
from flask import Blueprint, Response, g, request, url_for

from steelyard.datasets.reader_pool import Readers
from steelyard.documents.writer import dump
from steelyard.errors import Fault, ValidationFailed
from steelyard.exports import package
from steelyard.exports.formats import FORMATS as EXPORTS
from steelyard.http.idempotency import answer_once
from steelyard.http.pagination import CSV, as_csv, as_rows
from steelyard.http.query import AFTER, LIMIT, MOST_OFFSET, Query
from steelyard.http.routing import JSON, Operation, choose_form, read_json, reply, route, stream, take_json
from steelyard.http.services import service
from steelyard.http.uploads import OF_ROWS, read_dialect, receive, require_no_options
from steelyard.inference import batches
from steelyard.inference.batch_request import read_batch
from steelyard.inference.batches import PREDICTION
from steelyard.inference.exporting import describe_export, export_model
from steelyard.inference.inputs import describe_inputs
from steelyard.inference.schema import (
    BatchList,
    BatchPrediction,
    BatchRequest,
    BatchRows,
    Export,
    ModelInputs,
    Prediction,
    PredictRequest,
)
from steelyard.inference.service import Predictor
from steelyard.jobs.api import add_life, ring
from steelyard.settings import Settings
from steelyard.store.engine import Engine
from steelyard.store.replies import Once
from steelyard.tabular.readers.options import FORMATS, Dialect, decimal_of

predictions = Blueprint("predictions", __name__)
ROWS = Query("limit", "integer", "maximum number of rows", default=50, least=1, most=100_000)
ROW = Query("after", "integer", "number of rows to skip", default=0, least=0, most=MOST_OFFSET)
RETRY_SECONDS = 1
EXPORT_FORMAT = Query("format", "string", "the file format; required", choices=[*EXPORTS])
DRY_RUN = Query(
    "dry_run", "boolean", "describe the file instead: its inputs and outputs, and what does not travel", default=False
)
WITH_PROOF = Query(
    "bundle",
    "boolean",
    "a zip file with the file, a README, and rows and a script that check its answers",
    default=False,
)
EXPORT_TYPES = sorted({each.media_type for each in EXPORTS.values()} - {JSON} | {package.MEDIA_TYPE})
PREDICT = "/v1/models/<model_id>/predict"
TABLES = {media_type: form for media_type, form in FORMATS.items() if media_type != JSON}


@route(
    predictions,
    "POST",
    "/v1/models/<model_id>/predictions",
    Operation(
        "Predict many rows as a job",
        {202: BatchPrediction},
        body=BatchRequest,
        keyed=True,
        problems=(404, 409, 413, 415, 422),
    ),
)
def create_prediction(model_id: str) -> Response:
    """Queue a job that predicts the rows."""

    def create(once: Once | None) -> bytes:
        engine, networks = service(Engine), service(Settings).webhook_networks
        plan = read_batch(read_json(), model_id, service(Predictor), engine, webhook_networks=networks)
        batch = batches.submit(engine, plan, request_id=g.request_id, once=once)
        ring(batch.id)
        return dump(batch)

    answer, headers = answer_once(create)
    headers["Location"] = url_for("predictions.get_prediction", prediction_id=orjson.loads(answer)["id"])
    headers["Retry-After"] = str(RETRY_SECONDS)
    return reply(answer, 202, headers=headers)


@route(
    predictions,
    "POST",
    PREDICT,
    Operation(
        "Predict", {200: Prediction}, query=OF_ROWS, body=PredictRequest, files=True, problems=(404, 413, 415, 422)
    ),
)
def predict(model_id: str, **dialect: Any) -> Prediction:
    """Predictions for rows, given as lists, as objects, or as a CSV, Excel, Parquet or Arrow file.

    The options in the query are for CSV files and workbooks.
    """
    if request.mimetype not in TABLES:
        require_no_options(**dialect)
        return service(Predictor).predict(model_id, take_json())
    return predict_file(model_id, read_dialect(**dialect))


def predict_file(model_id: str, asked: Dialect) -> Prediction:
    """Predictions for the rows of the file that is this request's body. `asked` are options for CSV files."""
    predictor, readers, most = service(Predictor), service(Readers), service(Settings).max_body_bytes
    model = predictor.get(model_id)[1]
    with receive(most) as sent:
        form, read_as = TABLES[sent.media_type], sent.dialect(asked)
        reading = readers.read(
            sent.path, form, max_bytes=most, dialect=read_as, wanted=model.features, usual=model.dialect
        )
        with reading as parsed:
            decimal = asked.decimal or decimal_of(parsed.found, model.dialect)
            return predictor.predict_tables(model_id, parsed.tables(), parsed.found.get("ignored", ()), decimal)


@route(
    predictions,
    "GET",
    "/v1/models/<model_id>/inputs",
    Operation("Get the inputs of a model, for a form", {200: ModelInputs}, problems=(404,)),
)
def get_model_inputs(model_id: str) -> ModelInputs:
    """Each input with the categories that the model knows, and a typical value."""
    return describe_inputs(*service(Predictor).get(model_id))


@route(
    predictions,
    "GET",
    "/v1/predictions",
    Operation("List predictions, newest first", {200: BatchList}, query=(LIMIT, AFTER), problems=(400, 422)),
)
def list_predictions(*, limit: int, after: str | None) -> BatchList:
    """The newest predictions."""
    return BatchList.of(batches.list_batches(service(Engine), limit=limit, after=after))


add_life(predictions, PREDICTION, "/v1/predictions", BatchPrediction)


@route(
    predictions,
    "GET",
    "/v1/predictions/<prediction_id>/rows",
    Operation("Get the predictions", {200: BatchRows}, query=(ROWS, ROW), forms=(CSV,), problems=(404, 406, 422)),
)
def get_prediction_rows(prediction_id: str, *, limit: int, after: int) -> Response:
    """Row, prediction and probabilities."""
    form = choose_form((JSON, CSV))
    engine = service(Engine)
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


@route(
    predictions,
    "GET",
    "/v1/models/<model_id>/export",
    Operation(
        "Export a model to another runtime",
        {200: Export},
        query=(EXPORT_FORMAT, DRY_RUN, WITH_PROOF),
        forms=EXPORT_TYPES,
        problems=(404, 422),
    ),
)
def export(model_id: str, *, format: str | None, dry_run: bool, bundle: bool) -> Export | Response:  # noqa: A002
    """The model as a file of the format, preprocessing included where the format can hold it.

    The same model gives the same bytes.
    """
    if format is None:
        raise ValidationFailed([Fault.of_query("format", f"is missing; it must be one of {', '.join(EXPORTS)}")])
    engine, predictor = service(Engine), service(Predictor)
    if dry_run:
        return describe_export(engine, predictor, model_id, format)
    file = export_model(engine, predictor, model_id, format, with_proof=bundle)
    headers = {"Content-Disposition": f'attachment; filename="{file.name}"'}
    return reply(file.content, headers=headers, content_type=file.media_type)
