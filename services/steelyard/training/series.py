"""The statistics of a job as series for clients: recorded ones, or those of the weights that are stored."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from sqlalchemy import Engine

from steelyard.diagnostics.recording.record import (
    HISTOGRAM_EDGES,
    LAYER_SERIES,
    RUN_SERIES,
    TENSOR_SERIES,
    Recording,
)
from steelyard.errors import Fault, ValidationFailed, nearest
from steelyard.store.engine import reading
from steelyard.training.kind import TRAINING
from steelyard.training.recorded import compute_recording, load_recording
from steelyard.training.schema.recording import LayerSeries, RunStatistics, TensorSeries

HISTOGRAM = "histogram"
ALL_SERIES = tuple(dict.fromkeys([*TENSOR_SERIES, *LAYER_SERIES, *RUN_SERIES, HISTOGRAM]))
HEADER = ["epoch", "layer", "tensor", "series", "value"]
NO_STATISTICS = (
    "No statistics were recorded for this job. These are of the weights that are stored; there is nothing about "
    "gradients, updates and units."
)
NOTHING_YET = "Nothing is recorded yet."


def get_diagnostics(
    engine: Engine, job_id: str, *, layer: str | None = None, series: str | None = None, after: int | None = None
) -> RunStatistics:
    """The statistics of a job, or only those of a layer, of a name, or of epochs after one.

    Raises `NotFound`, `ValidationFailed`.
    """
    with reading(engine) as connection:
        job = TRAINING.read(connection, job_id)
        recording = load_recording(connection, job_id)
        found = recording or compute_recording(connection, job_id)
    note = None if recording is not None else NOTHING_YET if found is None else NO_STATISTICS
    facts: dict[str, Any] = {"object": "diagnostics", "job": job_id, "recorded": recording is not None, "note": note}
    facts |= {"histogram_edges": HISTOGRAM_EDGES, "findings": job.findings}
    if found is None:
        return RunStatistics.unchecked(**facts, epochs=[], layers=[], run={})
    _require_layer(found, layer)
    kept = np.flatnonzero(found.epochs > (-1 if after is None else after))
    return RunStatistics.unchecked(
        **facts,
        epochs=found.epochs[kept],
        layers=[
            _layer(found, place, kept, series)
            for place, each in enumerate(found.layout.layers)
            if layer in (None, each.name)
        ],
        run={} if layer is not None else _named(RUN_SERIES, found.run[kept], series),
    )


def _require_layer(found: Recording, layer: str | None) -> None:
    names = [each.name for each in found.layout.layers]
    if layer is not None and layer not in names:
        detail = f"is {layer!r}, which the network does not have; {nearest(layer, names)}"
        raise ValidationFailed([Fault.of_query("layer", detail)])


def _layer(found: Recording, place: int, kept: Any, series: str | None) -> LayerSeries:
    facts = found.layout.layers[place]
    return LayerSeries.unchecked(
        name=facts.name,
        type=facts.type,
        activation=facts.activation,
        units=facts.units,
        series=_named(LAYER_SERIES, found.layers[kept, place], series),
        tensors=[
            TensorSeries.unchecked(
                name=tensor.name,
                shape=[*tensor.shape],
                trainable=tensor.trainable,
                series=_named(TENSOR_SERIES, found.tensors[kept, number], series),
                histogram=found.histograms[kept, number] if series in (None, HISTOGRAM) else [],
            )
            for number, tensor in enumerate(found.layout.tensors)
            if tensor.layer == facts.name
        ],
    )


def _named(names: tuple[str, ...], values: Any, series: str | None) -> dict[str, Any]:
    return {name: values[:, place] for place, name in enumerate(names) if series in (None, name)}


def as_records(found: RunStatistics) -> Iterator[list[Any]]:
    """Rows of `HEADER`, a value each, without histograms; a value that does not exist has no row."""
    groups: list[tuple[str | None, str | None, Any]] = [(None, None, found.run)]
    for layer in found.layers:
        groups.append((layer.name, None, layer.series))
        groups += [(layer.name, tensor.name, tensor.series) for tensor in layer.tensors]
    for layer_name, tensor_name, series in groups:
        for name, values in series.items():
            for epoch, value in zip(found.epochs, values, strict=True):
                if np.isfinite(value):
                    yield [int(epoch), layer_name, tensor_name, name, float(value)]
