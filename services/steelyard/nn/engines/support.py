"""Which trainings the compiled engine can run. Apart, so that asking loads no compiler."""

from collections.abc import Iterator, Sequence

from steelyard.nn.activations import Activation
from steelyard.nn.clipping import GradientClip
from steelyard.nn.component import Part
from steelyard.nn.layers import Layer
from steelyard.nn.layers.base import Place
from steelyard.nn.layers.stack import places
from steelyard.nn.losses import Loss
from steelyard.nn.optimizers import Optimizer

CHUNK_VALUES = 4 << 20  # kept for the rows of a chunk: outputs, and what is drawn for dropout


class NoCompiledForm(Exception):
    """A part turned out to have no compiled form when its kernel was made; the message says which and why."""


def why_not_compiled(
    layers: Sequence[Layer], inputs: int, loss: Loss, optimizer: Optimizer, clip: GradientClip | None
) -> str | None:
    """Why a training runs on NumPy, for a reader; `None` where every part of it has a compiled form.

    Each part answers for itself (`Part.why_not_compiled`). A frozen layer's penalty is a constant that only NumPy adds
    up.
    """
    for place in places(layers, inputs):
        for tensor in place.tensors:
            if tensor.regularizer is not None and not tensor.trainable:
                return f"regularizer {tensor.regularizer.name!r} is on a frozen layer"
    for family, part in _parts(layers, inputs, loss, optimizer, clip):
        if part is not None and (reason := part.why_not_compiled()) is not None:
            return f"{family} {part.name!r} {reason}"
    return None


def _parts(
    layers: Sequence[Layer], inputs: int, loss: Loss, optimizer: Optimizer, clip: GradientClip | None
) -> Iterator[tuple[str, Part | None]]:
    """Every part that has something to compute, with what it is called. A loss with a link has the last activation."""
    for number, place in enumerate(places(layers, inputs), start=1):
        yield from _parts_of(place, linked=number == len(layers) and loss.link is not None)
    yield "loss", loss
    yield "optimizer", optimizer
    yield "gradient clip", clip


def _parts_of(place: Place, *, linked: bool = False) -> Iterator[tuple[str, Part | None]]:
    """Those of a layer, and of the layers inside it."""
    yield "layer", place.layer
    for inner in place.layer.inner(place.inputs):
        yield from _parts_of(inner)
    activation = getattr(place.layer, "activation", None)
    if isinstance(activation, Activation) and not linked:
        yield "activation", activation
    for tensor in place.tensors:
        yield "regularizer", tensor.regularizer
        yield "constraint", tensor.constraint
