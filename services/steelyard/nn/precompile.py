"""Kernels made before they are needed: the usual ones before a first job, all of them when the service is set up.

python -m steelyard.nn.precompile
"""

from collections.abc import Iterator, Sequence
from dataclasses import MISSING
from typing import Literal, TypeVar

import numpy as np
from rich.console import Console

from steelyard.nn.activations import ACTIVATIONS, Gelu, Relu, Tanh
from steelyard.nn.clipping import ByGlobalNorm, ByNorm, ByValue, GradientClip
from steelyard.nn.component import Part, Registry, parameters
from steelyard.nn.constraints import CONSTRAINTS
from steelyard.nn.layers import LAYERS, BatchNormalization, Dense, Dropout, Embedding, Layer, Residual
from steelyard.nn.losses import (
    LOSSES,
    BinaryCrossentropy,
    CategoricalCrossentropy,
    HalfSquaredError,
    Loss,
    MeanSquaredError,
)
from steelyard.nn.metrics import Mae
from steelyard.nn.network import Network
from steelyard.nn.optimizers import OPTIMIZERS, SGD, Adam, AdamW, RMSprop, Rule
from steelyard.nn.regularizers import L2, REGULARIZERS
from steelyard.nn.rng import Streams
from steelyard.nn.training.loop import Training

ROWS = 4
OTHER_LAYERS = (  # forms that those with defaults do not have
    BatchNormalization(trainable=False),
    Residual((Dense(3),)),
    Embedding((1,), (2,), 2),
)
P = TypeVar("P", bound=Part)


def load_usual() -> Iterator[None]:
    """Bring what most trainings need into memory, a part at a time."""
    _make_others()
    for loss in (CategoricalCrossentropy(), BinaryCrossentropy(), MeanSquaredError()):
        _train([Dense(2, Relu()), Dropout(0.5), Dense(2, Tanh())], loss, Adam())
        yield


def make_all() -> Iterator[str]:
    """Make every kernel of single precision, a part after another; the part's name, before it is made.

    Of double precision, only those that a job with the preset `sklearn` calls.
    """
    _make_others()
    loss, rule, usual = MeanSquaredError(), SGD(), [Dense(2, Relu())]
    for activation in [*_compiled(ACTIVATIONS), Gelu(approximate=True)]:
        yield activation.name
        _train([Dense(2, activation)], loss, rule)
    for other in _compiled(LOSSES):
        yield other.name
        _train(usual, other, rule)
    for optimizer in _rules():
        yield optimizer.name
        _train(usual, loss, optimizer)
    for regularizer in _compiled(REGULARIZERS):
        yield regularizer.name
        _train([Dense(2, Relu(), regularizer=regularizer)], loss, rule)
    for constraint in _compiled(CONSTRAINTS):
        yield constraint.name
        _train([Dense(2, Relu(), constraint=constraint)], loss, rule)
    for clip in (ByValue(1.0), ByNorm(1.0), ByGlobalNorm(1.0)):
        yield clip.name
        _train(usual, loss, rule, clip=clip)
    for layer in (*_compiled(LAYERS), *OTHER_LAYERS):
        yield layer.name
        _train([Dense(2), layer], loss, rule)
    for usual_loss in (CategoricalCrossentropy(), BinaryCrossentropy(), HalfSquaredError()):
        yield f"{usual_loss.name}, float64"
        _train([Dense(2, Relu(), regularizer=L2())], usual_loss, Adam(), dtype="float64")


def _make_others() -> None:
    """Make what depends on shapes, on one-hot inputs, or on threads, and what recordings call.

    A process to be forked must not have had threads.
    """
    # Here, because they load the compiler, as a training does.
    from steelyard.nn.engines.compiled import build, kernels, statistics  # noqa: PLC0415
    from steelyard.nn.engines.compiled.layers import dense  # noqa: PLC0415

    back = dense.weigh_back, dense.weigh_back_by_copy, dense.weigh_back_in_stretches
    for template in (*back, dense.add_places, kernels.add_up, kernels.spell_out):
        build.kernel(template, np.float32)
    build.kernel(kernels.gather, np.int32)
    for dtype in (np.float32, np.float64):
        statistics.load(dtype)


def _compiled(registry: Registry[P]) -> Iterator[P]:
    """Every part of a family that has a compiled form, with its defaults; those without defaults are made in jobs."""
    for kind in registry:
        if all(parameter.default is not MISSING for parameter in parameters(kind)):
            part = kind()
            if part.why_not_compiled() is None:
                yield part


def _rules() -> list[Rule]:
    """Every rule, in each form that has a formula of its own."""
    plain = [part for part in _compiled(OPTIMIZERS) if isinstance(part, Rule)]
    momentum = 0.5
    return [
        *plain,
        SGD(momentum=momentum),
        SGD(momentum=momentum, nesterov=True),
        Adam(amsgrad=True),
        AdamW(amsgrad=True),
        RMSprop(momentum=momentum),
        RMSprop(centered=True),
        RMSprop(momentum=momentum, centered=True),
    ]


def _train(
    hidden: Sequence[Layer],
    loss: Loss,
    optimizer: Rule,
    *,
    clip: GradientClip | None = None,
    dtype: Literal["float32", "float64"] = "float32",
) -> None:
    """Train a network of no use."""
    output = Dense(2, ACTIVATIONS[loss.link or "linear"]())
    network = Network([*hidden, output], inputs=2, dtype=dtype)
    x = np.zeros((ROWS, 2), dtype)
    y = np.zeros(ROWS, np.int64) if "multiclass" in loss.tasks else x
    for weights in (None, np.ones(ROWS, dtype)):
        training = Training(
            network,
            loss,
            optimizer,
            x,
            y,
            epochs=1,
            batch_size=ROWS,
            streams=Streams.spawn(0),
            weights=weights,
            gradient_clip=clip,
            metrics=[Mae()] if isinstance(loss, (MeanSquaredError, HalfSquaredError)) else [],
        )
        for _ in training.run():
            pass


def main() -> None:
    """Make all kernels, and say which one is being made."""
    with Console().status("kernels …") as status:
        for name in make_all():
            status.update(f"kernels … {name}")


if __name__ == "__main__":
    main()
