"""Which trainings have a compiled form. Apart, so that asking loads no compiler."""

from collections.abc import Sequence

from steelyard.trainer.clipping import ByGlobalNorm, ByNorm, ByValue, GradientClip
from steelyard.trainer.layers import ActivationLayer, Dense, Dropout, GaussianNoise, Layer
from steelyard.trainer.layers.stack import places
from steelyard.trainer.optimizers import Optimizer, Rule

CHUNK_VALUES = 4 << 20  # kept for the rows of a chunk: outputs, and what is drawn for dropout


def has_compiled_form(layers: Sequence[Layer], inputs: int, optimizer: Optimizer, clip: GradientClip | None) -> bool:
    """Whether every part of a training has one: layers, activations, constraints, the optimiser, the clipping.

    Losses and regularisers all have. A frozen layer's penalty is a constant that only NumPy adds up.
    """
    specs = [spec for place in places(layers, inputs) for spec in place.tensors]
    return (
        isinstance(optimizer, Rule)
        and (clip is None or isinstance(clip, (ByValue, ByNorm, ByGlobalNorm)))
        and all(map(_is_compiled, layers[:-1]))
        and not any(spec.constraint for spec in specs)
        and not any(spec.regularizer for spec in specs if not spec.trainable)
    )


def _is_compiled(layer: Layer) -> bool:
    if isinstance(layer, (Dense, ActivationLayer)):
        return layer.activation.curve is not None
    return isinstance(layer, (Dropout, GaussianNoise))
