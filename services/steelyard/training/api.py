"""Training jobs, their weights, and the components that they can use."""

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import chain
from typing import Any

import orjson
from flask import Blueprint, Response, g, url_for

from steelyard.datasets import library
from steelyard.datasets.reader_pool import Readers
from steelyard.diagnostics.schema import Report
from steelyard.documents.strict_json import read_document
from steelyard.documents.writer import dump
from steelyard.exports import nested, npz, safetensors
from steelyard.exports.pieces import PiecewiseTensor
from steelyard.http.idempotency import answer_once, read_key
from steelyard.http.pagination import CSV, as_csv, as_rows
from steelyard.http.query import AFTER, LIMIT, MOST_OFFSET, Query
from steelyard.http.routing import JSON, Operation, choose_form, read_json, reply, route, stream, take_json
from steelyard.http.services import service
from steelyard.jobs.api import add_life, ring
from steelyard.jobs.states import STATUSES
from steelyard.jobs.webhooks.address_policy import require_reach
from steelyard.settings import Settings
from steelyard.store.engine import Engine
from steelyard.store.replies import Once
from steelyard.training import queries, recorded, results, series, submission
from steelyard.training.catalog import catalog as list_components
from steelyard.training.curves import draw_curves
from steelyard.training.diagnosis import diagnose_job
from steelyard.training.estimate import Limits
from steelyard.training.kind import TRAINING
from steelyard.training.large_inline import LARGE_BYTES, read_large_job
from steelyard.training.plan import Plan, read_job
from steelyard.training.schema import JobSpec
from steelyard.training.schema.catalog import Catalog, Curves
from steelyard.training.schema.diagnostics import Diagnosis, Diagnostics
from steelyard.training.schema.job import DryRun, History, Job, JobList
from steelyard.training.schema.recording import RunStatistics, Timeline
from steelyard.training.schema.results import Predictions, TensorValues, WeightList, Weights
from steelyard.training.start import require_start

jobs = Blueprint("jobs", __name__)
weights = Blueprint("weights", __name__)
catalog = Blueprint("catalog", __name__)
FORMS = (JSON, safetensors.MEDIA_TYPE, npz.NPZ_MEDIA_TYPE)
TENSOR_FORMS = (JSON, npz.NPY_MEDIA_TYPE)
RETRY_SECONDS = 1
DRY_RUN = Query("dry_run", "boolean", "validate the job and estimate its size without submitting it", default=False)
FILTERS = (
    Query("status", "string", "only jobs with this status", choices=STATUSES),
    Query("name", "string", "only jobs with this name"),
    Query("metadata", "labels", "only jobs with these labels: `metadata[key]=value`"),
    Query("search", "string", "only jobs whose name or id contains this, in upper or lower case"),
    Query("data", "string", "only jobs that train on this: the id of a data set, or the name of a built-in one"),
    Query(
        "started_from",
        "string",
        "only jobs that start from the weights of this model, by its id: also those of models made by edits",
    ),
    Query("sort", "string", "newest or oldest first", default="newest", choices=("newest", "oldest")),
)
SPLIT = Query("split", "string", "which rows", default="validation", choices=("train", "validation", "test"))
ROWS = Query("limit", "integer", "maximum number of rows", default=50, least=1, most=10_000)
ROW = Query("after", "integer", "number of rows to skip", default=0, least=0, most=MOST_OFFSET)
EPOCH = Query("after", "integer", "only epochs after this one", default=0, least=0, most=MOST_OFFSET)
LAYER = Query("layer", "string", "only this layer")
SERIES = Query("series", "string", "only series of this name", choices=series.ALL_SERIES)
RECORDED_EPOCH = Query("after", "integer", "only epochs after this one", least=0, most=MOST_OFFSET)
INDEX = Query("index", "string", "only the weight at this place: `3,5` is row 3, column 5, both from 0")

FAN_IN = Query("fan_in", "integer", "inputs of the kernel", default=64, least=1, most=512)
FAN_OUT = Query("fan_out", "integer", "units of the kernel", default=64, least=1, most=512)


@route(
    jobs,
    "POST",
    "/v1/jobs",
    Operation(
        "Submit a training job",
        {202: Job, 200: DryRun},
        body=JobSpec,
        query=(DRY_RUN,),
        keyed=True,
        problems=(409, 413, 415, 422),
    ),
)
def submit_job(*, dry_run: bool) -> Response:
    """Validate and queue a job. With `dry_run`, only validate it and estimate its size."""
    if dry_run:
        read_key()  # a wrong one would be rejected without `dry_run`, too
        plan = _read_plan()
        return reply(
            DryRun(
                object="dry_run",
                spec=plan.spec.to_json(),
                spec_digest=plan.digest,
                data=plan.data,
                choices=plan.choices,
                findings=plan.findings,
                parameters=plan.parameters,
                estimate=plan.estimate,
            )
        )
    answer, headers = answer_once(_create_job)
    headers["Location"] = url_for("jobs.get_job", job_id=orjson.loads(answer)["id"])
    headers["Retry-After"] = str(RETRY_SECONDS)
    return reply(answer, 202, headers=headers)


def _create_job(once: Once | None) -> bytes:
    job = submission.submit(service(Engine), _read_plan(), request_id=g.request_id, once=once)
    ring(job.id)
    return dump(job)


def _read_plan() -> Plan:
    engine, settings = service(Engine), service(Settings)
    body = take_json()
    taken = read_large_job(service(Readers), body) if len(body) > LARGE_BYTES else None
    document = read_document(body) if taken is None else taken[0]
    del body
    limits = Limits(settings.max_job_memory_bytes)
    plan = read_job(document, limits=limits, tables=partial(library.load_table, engine), taken=taken)
    plan = require_start(engine, plan)
    if plan.webhook is not None:
        require_reach(plan.webhook, settings.webhook_networks)
    return plan


@route(
    jobs,
    "GET",
    "/v1/jobs",
    Operation("List jobs", {200: JobList}, query=(*FILTERS, LIMIT, AFTER), problems=(400, 422)),
)
def list_jobs(**filters: Any) -> JobList:
    """The newest jobs."""
    return JobList.of(queries.list_jobs(service(Engine), **filters))


add_life(jobs, TRAINING, "/v1/jobs", Job)


@route(
    jobs,
    "GET",
    "/v1/jobs/<job_id>/history",
    Operation(
        "Get the loss and metrics of every epoch",
        {200: History},
        query=(EPOCH,),
        forms=(CSV,),
        problems=(404, 406, 422),
    ),
)
def get_history(job_id: str, *, after: int) -> Response:
    """The history, or the part after an epoch."""
    form = choose_form((JSON, CSV))
    history = queries.get_history(service(Engine), job_id, after=after)
    if form == JSON:
        return reply(history)
    rows = zip(history.epochs, *history.series.values(), strict=True)
    return reply(b"".join(as_csv(["epoch", *history.series], [rows])), content_type=CSV)


@route(
    jobs,
    "GET",
    "/v1/jobs/<job_id>/predictions",
    Operation(
        "Get the stored predictions of a split",
        {200: Predictions},
        query=(SPLIT, ROWS, ROW),
        forms=(CSV,),
        problems=(404, 406, 422),
    ),
)
def get_predictions(job_id: str, *, split: str, limit: int, after: int) -> Response:
    """Row, target, prediction and probabilities of a split's rows."""
    form = choose_form((JSON, CSV))
    found = results.open_predictions(service(Engine), job_id, split, limit=limit, after=after)
    if form == JSON:
        return stream(as_rows(found), version=found.version)
    assert isinstance(found.head, Predictions)
    classes = found.head.classes or []
    header = ["row", "target", "prediction", *(f"probability of {label}" for label in classes)]
    blocks = (
        [[row["row"], row["target"], row["prediction"], *row.get("probabilities", ())] for row in rows]
        for rows in found.rows
    )
    return stream(as_csv(header, blocks), version=found.version, content_type=CSV)


@route(
    jobs,
    "GET",
    "/v1/jobs/<job_id>/report",
    Operation("Get the evaluation report of a split", {200: Report}, query=(SPLIT,), problems=(404, 422)),
)
def get_report(job_id: str, *, split: str) -> Report:
    """Precision and recall of each class, the confusion matrix, and the calibration of the probabilities."""
    return results.get_report(service(Engine), job_id, split)


@route(
    weights,
    "GET",
    "/v1/jobs/<job_id>/diagnostics",
    Operation(
        "Get the recorded statistics of weights, gradients and units",
        {200: RunStatistics},
        query=(LAYER, SERIES, RECORDED_EPOCH),
        forms=(CSV,),
        problems=(404, 406, 422),
    ),
)
def get_diagnostics(job_id: str, **wanted: Any) -> Response:
    """Series over the recorded epochs, also while the job runs; as CSV a row for each value, without histograms."""
    form = choose_form((JSON, CSV))
    found = series.get_diagnostics(service(Engine), job_id, **wanted)
    if form == JSON:
        return reply(found)
    return reply(b"".join(as_csv(series.HEADER, [series.as_records(found)])), content_type=CSV)


@route(
    weights,
    "POST",
    "/v1/jobs/<job_id>/diagnostics",
    Operation(
        "Run the rules again over a job that has ended",
        {200: Diagnosis},
        body=Diagnostics,
        problems=(404, 409, 413, 415, 422),
    ),
)
def diagnose(job_id: str) -> Diagnosis:
    """The findings with the job's own rules, as `rules` changes them. The stored findings stay as they are.

    Rules that need the data of the training keep their stored findings.
    """
    return diagnose_job(service(Engine), job_id, read_json())


@route(
    weights,
    "GET",
    "/v1/jobs/<job_id>/timeline/<layer>/<tensor>",
    Operation(
        "Get a tensor over the recorded epochs",
        {200: Timeline},
        query=(INDEX,),
        forms=TENSOR_FORMS[1:],
        problems=(404, 406, 422),
    ),
)
def get_timeline(job_id: str, layer: str, tensor: str, *, index: str | None) -> Response:
    """The tensor's values at every epoch whose weights are stored, or those of one weight."""
    form = choose_form(TENSOR_FORMS)
    name = f"{layer}/{tensor}"
    found = recorded.open_timeline(service(Engine), job_id, name, index)
    values, version = found.values, ("timeline", job_id, name, index, *found.epochs)
    if form == npz.NPY_MEDIA_TYPE:
        headers = _filename(f"{layer}-{tensor}-timeline.npy")
        return stream(npz.dump_npy(values), version=version, content_type=form, headers=headers)
    head = Timeline(
        name=name,
        epochs=found.epochs,
        index=None if index is None else [int(each) for each in index.split(",")],
        shape=[*values.shape],
        dtype=values.dtype.name,
        values=[],
    )
    return stream(chain([dump(head)[: -len("[]}")]], nested.dump(values), [b"}"]), version=version)


@route(
    weights,
    "GET",
    "/v1/jobs/<job_id>/weights",
    Operation("List the weights of a job", {200: WeightList}, problems=(404,)),
)
def list_weights(job_id: str) -> WeightList:
    """Snapshots with the shapes, statistics and hashes of their tensors."""
    return results.list_weights(service(Engine), job_id)


@route(
    weights,
    "GET",
    "/v1/jobs/<job_id>/weights/<snapshot>",
    Operation("Get all tensors of a snapshot", {200: Weights}, forms=FORMS[1:], problems=(404, 406)),
)
def get_snapshot(job_id: str, snapshot: str) -> Response:
    """The tensors, in a media type that the client accepts."""
    form = choose_form(FORMS)
    stored = results.open_snapshot(service(Engine), job_id, snapshot)
    version = (job_id, snapshot, stored.sha256)
    if form == safetensors.MEDIA_TYPE:
        length, pieces = safetensors.dump_pieces(stored.tensors, {"job": job_id, "snapshot": snapshot})
        headers = _filename(f"{job_id}-{snapshot}.safetensors")
        return stream(pieces, version=version, content_type=form, headers=headers, length=length)
    if form == npz.NPZ_MEDIA_TYPE:
        headers = _filename(f"{job_id}-{snapshot}.npz")
        return stream(npz.dump_npz(stored.tensors), version=version, content_type=form, headers=headers)
    return stream(_as_json(snapshot, stored.tensors), version=version)


def _as_json(snapshot: str, tensors: Mapping[str, PiecewiseTensor]) -> Iterator[bytes]:
    yield dump(Weights(snapshot=snapshot, tensors={}))[: -len("}}")]
    for place, (name, tensor) in enumerate(tensors.items()):
        yield (b"," if place else b"") + dump(name) + b":"
        yield from nested.dump(tensor)
    yield b"}}"


@route(
    weights,
    "GET",
    "/v1/jobs/<job_id>/weights/<snapshot>/<layer>/<tensor>",
    Operation("One tensor", {200: TensorValues}, forms=TENSOR_FORMS[1:], problems=(404, 406)),
)
def get_tensor(job_id: str, snapshot: str, layer: str, tensor: str) -> Response:
    """The tensor, in a media type that the client accepts."""
    form = choose_form(TENSOR_FORMS)
    name = f"{layer}/{tensor}"
    stored = results.open_tensor(service(Engine), job_id, snapshot, name)
    values, version = stored.tensors[name], (job_id, snapshot, name, stored.sha256)
    if form == npz.NPY_MEDIA_TYPE:
        headers = _filename(f"{layer}-{tensor}.npy")
        return stream(npz.dump_npy(values), version=version, content_type=form, headers=headers)
    head = dump(TensorValues(name=name, shape=[*values.shape], dtype=values.dtype.name, values=[]))
    return stream(chain([head[: -len("[]}")]], nested.dump(values), [b"}"]), version=version)


def _filename(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


@route(catalog, "GET", "/v1/catalog", Operation("List every component that a job can use", {200: Catalog}))
def get_catalog() -> Catalog:
    """Layers, initializers, activations, losses, optimizers … with parameters, ranges, formula and source."""
    return list_components()


@route(
    catalog,
    "GET",
    "/v1/catalog/curves",
    Operation(
        "Get the curves of activations and the distributions of initializers",
        {200: Curves},
        query=(FAN_IN, FAN_OUT),
        problems=(422,),
    ),
)
def get_curves(*, fan_in: int, fan_out: int) -> Curves:
    """Every activation with its derivative, and a histogram of what every initializer draws for a kernel."""
    return draw_curves(fan_in, fan_out)
