"""What the units of a layer put out on the rows of the probe, and which do nothing."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.diagnostics.recording.layers import ObservedLayer
from steelyard.errors import Fault, NotFound, ValidationFailed, nearest
from steelyard.exports.nested import to_lists
from steelyard.nn.axes import Axis
from steelyard.nn.network import OUTPUT
from steelyard.replays.job import ReplayedJob, Vectors
from steelyard.replays.ranges import edges_of
from steelyard.replays.schema import LayerUnits, Unit, UnitsAtEpoch
from steelyard.replays.work import choose_epochs, require_little_work

Array = NDArray[Any]
BINS = 30
MOST_NUMBERS = 400_000  # of histograms and weights in an answer


@dataclass(frozen=True)
class _Look:
    """A layer on the rows of the probe after an epoch: its outputs `(rows, units)`, flags, and its inputs' spread."""

    outputs: Array
    flags: dict[str, NDArray[np.bool_]]
    input_std: Array


def describe_units(
    job: ReplayedJob, vectors: Vectors, layer: str, *, epoch: int | None, unit: int | None
) -> LayerUnits:
    """The units of a layer at one epoch or all of them, or one of its units. Raises `NotFound`, `ValidationFailed`.

    The bins are the same at all epochs, whichever of them the answer has. Of many epochs of a large network, some that
    are evenly spaced decide them.
    """
    observed = find_layer(job, layer)
    facts, wanted = observed.facts, [*vectors] if epoch is None else [epoch]
    units = _choose_units(facts.units, unit)
    inputs, names = _axes(job, observed.path)
    require_little_work(job.network.size, job.probe.rows, len(wanted))
    _require_few_numbers(len(units) * (BINS + len(inputs or ())) * len(wanted), len(wanted))
    looks, edges = _look(job, vectors, observed, wanted)
    return LayerUnits(
        object="units",
        job=job.job_id,
        layer=f"{job.prefix}{observed.path}",
        type=facts.type,
        activation=facts.activation,
        inputs=inputs,
        rows=len(looks[wanted[0]].outputs),
        edges=edges.tolist(),
        epochs=[
            UnitsAtEpoch(
                epoch=each,
                input_std=to_lists(look.input_std),
                units=_describe(job, vectors[each], observed, look, units, edges, names),
            )
            for each, look in looks.items()
        ],
    )


def find_layer(job: ReplayedJob, layer: str) -> ObservedLayer:
    """The layer of this name. Raises `NotFound`."""
    known = {f"{job.prefix}{each.path}": each for each in job.probe.layers}
    found = known.get(layer) or known.get(f"{job.prefix}{layer}")
    if found is None:
        raise NotFound(f"job {job.job_id} has no layer {layer!r}; {nearest(layer, known)}")
    return found


def outputs_of(job: ReplayedJob, layer: ObservedLayer, vector: Array) -> Array:
    """What the layer puts out on the probe with these weights, `(rows, units)`; valid until the next call."""
    outputs = job.probe.look(vector)
    if layer.path != OUTPUT or job.loss.link is None:
        return layer.taps[-1].y
    with np.errstate(all="ignore"):
        return job.network.activate(outputs)


def _choose_units(units: int, unit: int | None) -> range:
    if unit is None:
        return range(units)
    if unit >= units:
        detail = f"is {unit}; the layer has {units} units, so it must be from 0 to {units - 1}"
        raise ValidationFailed([Fault.of_query("unit", detail)])
    return range(unit, unit + 1)


def _look(
    job: ReplayedJob, vectors: Vectors, layer: ObservedLayer, wanted: list[int]
) -> tuple[dict[int, _Look], Array]:
    """What the layer does at the epochs that are wanted, and the edges of bins for the outputs at all epochs."""
    looks, low, high = {}, np.inf, -np.inf
    for epoch in choose_epochs([*vectors], job.network.size, job.probe.rows, wanted):
        outputs = outputs_of(job, layer, vectors[epoch])
        low, high = _widened(outputs, low, high)
        if epoch in wanted:
            with np.errstate(all="ignore"):
                spread = layer.taps[0].x.std(axis=0, dtype=np.float64)
                looks[epoch] = _Look(outputs.copy(), layer.flag_units(), spread)
    return looks, edges_of(low, high, BINS)


def _widened(found: Array, low: float, high: float) -> tuple[float, float]:
    finite = found[np.isfinite(found)]
    return (min(low, float(finite.min())), max(high, float(finite.max()))) if len(finite) else (low, high)


def _axes(job: ReplayedJob, layer: str) -> tuple[list[str] | None, list[str] | None]:
    """The names of the layer's inputs and units, where it has a kernel."""
    named = job.names.get(_kernel(layer))
    if named is None:
        return None, None
    inputs, units = named.axes
    return _labels(inputs), _labels(units)


def _labels(axis: Axis) -> list[str]:
    return [f"unit {number}" for number in range(axis)] if isinstance(axis, int) else [*axis]


def _kernel(layer: str) -> str:
    first, *inner = layer.split(".")
    return f"{first}/{'.'.join([*inner, 'kernel'])}"


def _weights(tensors: dict[str, Array], layer: str, units: int) -> tuple[Array | None, Array | None]:
    """The kernel `(inputs, units)` and the bias `(units,)` of the layer, where it has them."""
    kernel = _kernel(layer)
    bias = tensors.get(kernel.removesuffix("kernel") + "bias")
    return tensors.get(kernel), bias if bias is not None and bias.shape == (units,) else None


def _describe(
    job: ReplayedJob,
    vector: Array,
    layer: ObservedLayer,
    look: _Look,
    units: range,
    edges: Array,
    names: list[str] | None,
) -> list[Unit]:
    with np.errstate(all="ignore"):
        means = to_lists(look.outputs.mean(axis=0, dtype=np.float64))
        stds = to_lists(look.outputs.std(axis=0, dtype=np.float64))
    histograms = _histograms(look.outputs[:, units.start : units.stop], edges)
    kernel, bias = _weights(job.network.tensors(vector), layer.path, look.outputs.shape[1])
    incoming = None if kernel is None else to_lists(kernel.T[units.start : units.stop])
    biases = None if bias is None else to_lists(bias)
    return [
        Unit(
            unit=unit,
            name=f"unit {unit}" if names is None else names[unit],
            mean=means[unit],
            std=stds[unit],
            histogram=histograms[place],
            dead=_flag(look.flags, "dead", unit),
            dormant=_flag(look.flags, "dormant", unit),
            saturated=_flag(look.flags, "saturated", unit),
            weights=None if incoming is None else incoming[place],
            bias=None if biases is None else biases[unit],
        )
        for place, unit in enumerate(units)
    ]


def _flag(flags: dict[str, NDArray[np.bool_]], name: str, unit: int) -> bool | None:
    return bool(flags[name][unit]) if name in flags else None


def _histograms(outputs: Array, edges: Array) -> list[list[int]]:
    """How many of the rows' outputs are in each bin, for each unit; those that are not finite in none."""
    bins = len(edges) - 1
    with np.errstate(all="ignore"):
        places = np.clip(np.searchsorted(edges, outputs, "right") - 1, 0, bins - 1)
    places = np.where(np.isfinite(outputs), places + bins * np.arange(outputs.shape[1]), bins * outputs.shape[1])
    counts = np.bincount(places.reshape(-1), minlength=bins * outputs.shape[1] + 1)[:-1]
    found: list[list[int]] = counts.reshape(-1, bins).tolist()
    return found


def _require_few_numbers(numbers: int, epochs: int) -> None:
    if numbers > MOST_NUMBERS:
        parameter = "epoch" if epochs > 1 else "unit"
        detail = f"is missing; the answer would have {numbers:,} numbers, and the limit is {MOST_NUMBERS:,}"
        raise ValidationFailed([Fault.of_query(parameter, detail)])
