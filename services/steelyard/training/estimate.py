"""Estimates the memory and the approximate time of a job before anything is allocated."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from steelyard.diagnostics.recording.epochs import recorded_epochs
from steelyard.diagnostics.recording.probe import MOST_ROWS
from steelyard.diagnostics.recording.record import HASH_BYTES, record_bytes
from steelyard.errors import Fault, TooLargeToTrain, ValidationFailed
from steelyard.nn.engines.support import CHUNK_VALUES, why_not_compiled
from steelyard.nn.layers import Layer
from steelyard.nn.network import buffer_width, count_parameters, network_places
from steelyard.tabular.layout import Layout
from steelyard.tabular.supervision import Supervised
from steelyard.training.assemble import build_clip, build_layers
from steelyard.training.schema import JobSpec
from steelyard.training.schema.job import Estimate
from steelyard.training.schema.spec import AUTO_WEIGHTS

# Address space of a training process with everything imported and no job: 778 MiB measured, with room for more.
BASE_BYTES = 832 << 20
VECTORS = 15  # weights, gradients; initial, best, last finite; two for the result; two times four for a checkpoint
RECORDED_VECTORS = 3  # the probe's weights and gradients; the weights before the last step of an epoch
LARGEST_RECORDING_BYTES = 1 << 30
LARGEST_SNAPSHOT_BYTES = 256 << 20
LARGEST_TENSOR_BYTES = 512 << 20  # what both databases take as one value, with room
# For each layer of a step, and by the multiplications and additions of its products: compiled, and by NumPy.
COMPILED, BY_NUMPY = (1.5e-6, 80e9), (25e-6, 40e9)


@dataclass(frozen=True)
class Limits:
    """What a worker may use for one job."""

    max_job_memory_bytes: int


@dataclass(frozen=True)
class _Share:
    """A part of the memory, what it is for, and what would make it less."""

    bytes: int
    purpose: str
    advice: str


def estimate(spec: JobSpec, supervised: Supervised, layout: Layout) -> Estimate:
    """What the filled-in `spec` will need on this data."""
    layers = build_layers(spec, supervised.outputs, layout)
    shares = sum(share.bytes for share in _shares(spec, supervised, layout, layers))
    memory = CHUNK_VALUES * _itemsize(spec) + shares
    seconds = round(_seconds(spec, layers, layout.width, supervised.rows), 3)
    return Estimate(memory_bytes=memory, seconds=seconds, recording_bytes=recording_bytes(spec, layers, layout.width))


def recording_bytes(spec: JobSpec, layers: Sequence[Layer], inputs: int) -> int:
    """How many bytes the recording of the filled-in `spec` has at most."""
    places = network_places(layers, inputs)
    parameters, tensors = count_parameters(layers, inputs), sum(len(place.tensors) for place in places)
    epochs, asked = len(recorded_epochs(spec.epochs)) + 1, spec.recording.weights  # one more: the best
    snapshots = 0 if asked == "off" or parameters > AUTO_WEIGHTS else epochs
    if isinstance(asked, list):
        snapshots = len({*asked})
        epochs += snapshots
    size = snapshots * (parameters * _itemsize(spec) + tensors * HASH_BYTES)
    observed = sum(1 + len(place.layer.inner(place.inputs)) for place in places)
    return size + (epochs * record_bytes(observed, tensors) if spec.recording.statistics else 0)


def _shares(spec: JobSpec, supervised: Supervised, layout: Layout, layers: Sequence[Layer]) -> list[_Share]:
    rows, width, itemsize = supervised.rows, layout.width, _itemsize(spec)
    vectors = VECTORS + 4 * len(spec.make_optimizer().slots)  # at work, and while a checkpoint is written
    recorded = RECORDED_VECTORS if spec.recording.statistics else 0
    batch = min(spec.batch_size, rows)
    buffers = 2 * batch * (buffer_width(layers, width) + width)  # twice: the last batch has buffers of its own
    probe = min(MOST_ROWS, rows) * (buffer_width(layers, width) + width) if spec.recording.statistics else 0
    outputs = 6 * rows * supervised.outputs
    # As read; gathered, filled and scaled, in float64; and as the network gets them.
    copies = rows * (len(supervised.inputs) * 4 * 8 + layout.kept * itemsize)
    has_categories = any(column.type.encoding == "categories" for column in supervised.inputs.values())
    is_one_hot = has_categories and spec.preprocessing.categorical == "one_hot"
    embedding = ", or preprocessing.categorical as 'embedding'" if is_one_hot else ""
    networks = spec.ensemble * (2 if spec.training.refit else 1)
    weights = itemsize * count_parameters(layers, width) * (vectors * networks + recorded)
    buffers *= networks
    copies *= 2 if spec.training.refit else 1
    fewer = " or members of the ensemble" if spec.ensemble > 1 else ""
    return [
        _Share(weights, "the weights and the optimizer's state", f"fewer units{fewer}"),
        _Share(itemsize * buffers, f"{batch} rows in the buffers of the layers", f"a smaller batch_size{fewer}"),
        _Share(itemsize * probe, "the rows that statistics are recorded of", "recording.statistics false"),
        _Share(copies + itemsize * outputs, f"{rows} rows of {width} inputs", f"fewer rows or columns{embedding}"),
    ]


def _itemsize(spec: JobSpec) -> int:
    return 4 if spec.training.dtype == "float32" else 8


def _seconds(spec: JobSpec, layers: Sequence[Layer], features: int, rows: int) -> float:
    parameters = count_parameters(layers, features)
    parts = spec.make_loss(), spec.make_optimizer(), build_clip(spec)
    step_seconds, flops = COMPILED if why_not_compiled(layers, features, *parts) is None else BY_NUMPY
    steps = spec.epochs * -(-rows // min(spec.batch_size, rows))
    seconds = steps * len(layers) * step_seconds + 6 * parameters * rows * spec.epochs / flops
    return seconds * spec.ensemble * (2 if spec.training.refit else 1)


def require_fit(spec: JobSpec, supervised: Supervised, layout: Layout, limits: Limits) -> Estimate:
    """The estimate. Raises `TooLargeToTrain` where it exceeds what a worker may use."""
    found = estimate(spec, supervised, layout)
    layers = build_layers(spec, supervised.outputs, layout)
    needed = BASE_BYTES + found.memory_bytes
    if needed > limits.max_job_memory_bytes:
        most = max(_shares(spec, supervised, layout, layers), key=lambda share: share.bytes)
        raise TooLargeToTrain(
            f"training needs about {_readable(needed)}; the limit of a job is "
            f"{_readable(limits.max_job_memory_bytes)}. The largest part, {_readable(most.bytes)}, is for "
            f"{most.purpose}; use {most.advice}."
        )
    for place in network_places(layers, layout.width):
        for tensor in place.tensors:
            size = _itemsize(spec) * math.prod(tensor.shape)
            if size > LARGEST_TENSOR_BYTES:
                name, bound = f"{place.name}/{tensor.name}", _readable(LARGEST_TENSOR_BYTES)
                raise TooLargeToTrain(f"{name} would have {_readable(size)}; the limit of a tensor is {bound}")
    _require_small_recording(spec, _itemsize(spec) * count_parameters(layers, layout.width), found.recording_bytes)
    return found


def _require_small_recording(spec: JobSpec, snapshot_bytes: int, recording_bytes: int) -> None:
    if not isinstance(spec.recording.weights, list):
        return
    for size, limit, whole in (
        (snapshot_bytes, LARGEST_SNAPSHOT_BYTES, "a snapshot"),
        (recording_bytes, LARGEST_RECORDING_BYTES, "the recording"),
    ):
        if size > limit:
            detail = f"{whole} would have {_readable(size)}; the limit is {_readable(limit)}"
            raise ValidationFailed([Fault("/recording/weights", detail)])


def _readable(size: int) -> str:
    return f"{size / (1 << 30):.1f} GiB" if size >= 1 << 30 else f"{size / (1 << 20):.0f} MiB"
