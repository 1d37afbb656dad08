"""Which trainings have a compiled form. Apart, so that asking loads no compiler."""

from steelyard.trainer.clipping import ByGlobalNorm, ByNorm, ByValue, GradientClip
from steelyard.trainer.layers import ActivationLayer, Dense, Dropout, GaussianNoise, Layer
from steelyard.trainer.network import Network
from steelyard.trainer.optimizers import Optimizer, Rule


def has_compiled_form(network: Network, optimizer: Optimizer, clip: GradientClip | None) -> bool:
    """Whether every part of a training has one: layers, activations, constraints, the optimiser, the clipping.

    Losses and regularisers all have. A frozen layer's penalty is a constant that only NumPy adds up.
    """
    specs = network.specs().values()
    return (
        isinstance(optimizer, Rule)
        and (clip is None or isinstance(clip, (ByValue, ByNorm, ByGlobalNorm)))
        and all(map(_is_compiled, network.layers[:-1]))
        and not any(spec.constraint for spec in specs)
        and not any(spec.regularizer for spec in specs if not spec.trainable)
    )


def _is_compiled(layer: Layer) -> bool:
    if isinstance(layer, (Dense, ActivationLayer)):
        return layer.activation.curve is not None
    return isinstance(layer, (Dropout, GaussianNoise))
