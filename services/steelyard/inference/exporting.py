"""Exports of stored models: the file, what does not travel, and the proof that its answers are those of the service."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Engine, select

from steelyard.errors import Fault, NotFound, ValidationFailed
from steelyard.exports import package, proof
from steelyard.exports.bundle import Format, ModelBundle
from steelyard.exports.formats import FORMATS
from steelyard.exports.refusal import CannotExport
from steelyard.inference.rows import read_inputs
from steelyard.inference.schema import Export, ExportInput, ExportLimit, ExportOutput
from steelyard.inference.service import Loaded, Predictor
from steelyard.store.engine import reading
from steelyard.store.tables import Model


@dataclass(frozen=True)
class ExportedFile:
    """A file with its name and media type."""

    content: bytes
    name: str
    media_type: str


def export_model(
    engine: Engine, predictor: Predictor, reference: str, format_name: str, *, with_proof: bool = False
) -> ExportedFile:
    """A model as a file, or `with_proof` in a zip file that checks it. Raises `NotFound`, `ValidationFailed`."""
    form = FORMATS[format_name]
    loaded, model = load_bundle(engine, predictor, reference)
    try:
        if with_proof:
            content = package.write(model, form, _prove(loaded, model, form))
            return ExportedFile(content, f"{model.id}-{form.name}.zip", package.MEDIA_TYPE)
        return ExportedFile(form.write(model), form.file_name(model), form.media_type)
    except CannotExport as error:
        raise _refusal(format_name, error) from None


def describe_export(engine: Engine, predictor: Predictor, reference: str, format_name: str) -> Export:
    """What the file would take and give, and what does not travel. Raises `NotFound`, `ValidationFailed`."""
    form = FORMATS[format_name]
    _, model = load_bundle(engine, predictor, reference)
    try:
        form.write(model)  # finds what the format cannot hold
    except CannotExport as error:
        raise _refusal(format_name, error) from None
    inputs, limits = form.inputs(model), [*form.limits(model)]
    limited = {limit.column for limit in limits} - {None}
    return Export(
        object="export",
        model=model.id,
        format=form.name,
        file_name=form.file_name(model),
        media_type=form.media_type,
        inputs=[ExportInput(name=each.name, type=each.type, column=each.column) for each in inputs],
        outputs=[ExportOutput(name=each.name, type=each.type, shape=[*each.shape]) for each in form.outputs(model)],
        limits=[ExportLimit(detail=each.detail, column=each.column) for each in limits],
        further_inputs=[each.name for each in inputs if each.column in limited],
    )


def load_bundle(engine: Engine, predictor: Predictor, reference: str) -> tuple[Loaded, ModelBundle]:
    """A stored model, ready to predict and with all that belongs to it. Raises `NotFound`."""
    model_id, loaded = predictor.get(reference)
    with reading(engine) as connection:
        found = connection.execute(select(Model.manifest, Model.preprocessing).where(Model.id == model_id))
        row = found.one_or_none()
    if row is None:  # it was deleted a moment ago
        raise NotFound(f"there is no model {reference!r}")
    parts = (loaded.network, loaded.inputs, loaded.loss, loaded.labels, loaded.target)
    return loaded, ModelBundle(model_id, row.manifest, row.preprocessing, *parts)


def _refusal(format_name: str, error: CannotExport) -> ValidationFailed:
    return ValidationFailed([Fault.of_query("format", f"is {format_name!r}, which cannot hold this model: {error}")])


def _prove(loaded: Loaded, bundle: ModelBundle, form: Format) -> dict[str, Any]:
    """The rows of a proof, and the answers of the service to them."""
    about = bundle.preprocessing
    rows = proof.draw_rows(about)
    x = read_inputs({"inputs": proof.as_requests(about, rows)}, bundle.inputs, bundle.network.dtype).x
    said = loaded.answer(x)
    answers = loaded.in_own_words(said.predictions)
    values = said.outputs if said.probabilities is None else said.probabilities
    if bundle.kind == "values":
        values = np.asarray(answers, np.float64).reshape(len(rows), -1)
    try:
        difference = proof.largest_difference(bundle, rows, values)
    except CannotExport:  # of a layer that files of weights alone can hold
        difference = None
    found = {
        "labels": None if bundle.kind == "values" else answers,
        "values": values,
        "tolerance": package.TOLERANCE,
        "largest_difference": difference,
    }
    return proof.document(bundle, form.name, rows, found)
