"""Which engine runs a training is known before it starts, and no part is taken for another."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pytest

from steelyard.nn import activations, losses
from steelyard.nn.activations import ACTIVATIONS, Activation, PRelu, Relu, Softmax, Tanh
from steelyard.nn.clipping import GRADIENT_CLIPS, ByGlobalNorm, ByNorm, ByValue
from steelyard.nn.component import Part, Registry
from steelyard.nn.constraints import CONSTRAINTS, MaxNorm
from steelyard.nn.initializers import INITIALIZERS
from steelyard.nn.layers import LAYERS, ActivationLayer, Dense, Dropout, Embedding, Layer, Residual
from steelyard.nn.layers.base import Stage, Surroundings
from steelyard.nn.losses import LOSSES, Loss, MeanSquaredError
from steelyard.nn.metrics import METRICS
from steelyard.nn.optimizers import OPTIMIZERS, SGD, Adam, Optimizer
from steelyard.nn.regularizers import L2, REGULARIZERS
from steelyard.nn.schedules import SCHEDULES, PiecewiseConstant, ReduceOnPlateau
from steelyard.nn.training.loop import Training
from tests.nn import newcomers as new
from tests.nn.engines.compiled.test_steps import output_for, train
from tests.nn.networks import make_training

FAMILIES = (
    ACTIVATIONS,
    CONSTRAINTS,
    GRADIENT_CLIPS,
    INITIALIZERS,
    LAYERS,
    LOSSES,
    METRICS,
    OPTIMIZERS,
    REGULARIZERS,
    SCHEDULES,
)
NEEDED: dict[str, Part] = {
    "dense": Dense(3),
    "embedding": Embedding((1,), (3,), 2),
    "residual": Residual((Dense(4, Tanh()),)),
    "reduce_on_plateau": ReduceOnPlateau("loss"),
    "piecewise": PiecewiseConstant((1.0,), (0.05, 0.01)),
    "value": ByValue(0.05),
    "norm": ByNorm(0.05),
    "global_norm": ByGlobalNorm(0.05),
}
NUMPY_ALONE = {"softmax", "log_softmax", "lbfgs"}


def training_with(family: str, part: Any, **options: Any) -> Training:
    """A training that has run, with one part in its place."""
    loss: Loss = part if family == "loss" else MeanSquaredError()
    optimizer: Optimizer = part if family == "optimizer" else SGD(0.05)
    dense: dict[str, Any] = {key: part for key in ("activation", "initializer") if family == key}
    dense |= {key: part for key in ("regularizer", "constraint") if family == key}
    hidden: list[Layer] = [part] if family == "layer" else []
    named = {"gradient clip": "gradient_clip", "schedule": "schedule"}
    options |= {named[family]: part} if family in named else {}
    options |= {"metrics": [part]} if family == "metric" else {}
    layers = [*hidden, Dense(4, **{"activation": Tanh(), **dense}), output_for(loss)]
    return train(layers, loss, optimizer, dtype="float64", epochs=2, **options)


def cases() -> list[Any]:
    """Every part of every family."""
    found = []
    registry: Registry[Any]
    for registry in FAMILIES:
        for kind in registry:
            if registry is METRICS and not (kind.of_each_epoch and "regression" in kind.tasks):
                continue  # measured when a run is over, or of other targets
            part: Any = kind
            part = NEEDED[kind.name] if kind.name in NEEDED else part()
            found.append(pytest.param(registry.family, part, id=f"{registry.family}-{kind.name}"))
    return found


@pytest.mark.parametrize(("family", "part"), cases())
def test_every_part_runs_on_both_engines_or_declares_that_it_does_not(family: str, part: Part) -> None:
    chosen, reference = training_with(family, part), training_with(family, part, compiled=False)
    found, expected = chosen.network.parameters, reference.network.parameters
    assert (reference.engine, reference.why_not_compiled) == ("numpy", "the job requests NumPy")
    if part.name in NUMPY_ALONE:
        reason = part.why_not_compiled()
        assert (chosen.engine, chosen.why_not_compiled) == ("numpy", f"{family} {part.name!r} {reason}")
        assert found.tobytes() == expected.tobytes()
        return
    assert (chosen.engine, chosen.why_not_compiled) == ("compiled", None)
    assert part.why_not_compiled() is None
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12 * np.abs(expected).max())


@dataclass(frozen=True)
class Doubled(Dense):
    """A dense layer that gives twice its outputs."""

    name: ClassVar = "doubled"

    def stages(self, around: Surroundings) -> list[Stage]:
        return [*super().stages(around), Twice()]


class Twice(Stage):
    def forward(self, x: Any) -> Any:
        return 2 * x

    def backward(self, grad: Any) -> Any:
        return 2 * grad


@dataclass(frozen=True)
class Halved(Relu):
    """A rectifier whose way back is its own."""

    name: ClassVar = "halved"

    def backward(self, z: Any, a: Any, grad: Any, scratch: Any) -> None:
        super().backward(z, a, grad, scratch)
        grad /= 2


@dataclass(frozen=True)
class Slow(Adam):
    """An Adam that has no formula to compile."""

    name: ClassVar = "slow"

    def update(self, learned: Any, scalars: Any, step: Any) -> None:
        super().update(learned, scalars, replace(step, rate=step.rate / 10))


@dataclass(frozen=True)
class Halfway(losses.MeanSquaredError):
    """A squared error by code of its own."""

    name: ClassVar = "halfway"

    def costs(self, outputs: Any, targets: Any, gradient: Any, scratch: Any, out: Any) -> None:
        super().costs(outputs, targets, gradient, scratch, out)
        gradient /= 2


@dataclass(frozen=True)
class Larger(L2):
    name: ClassVar = "larger"

    def add_gradient(self, kernel: Any, gradient: Any) -> None:
        gradient += kernel


class Shorter(ByNorm):
    name: ClassVar = "shorter"

    def clip(self, gradients: Any) -> None:
        for gradient in gradients:
            gradient /= 10


@dataclass(frozen=True)
class Steeper(PRelu):
    """A learned slope whose way back is its own."""

    name: ClassVar = "steeper"

    def backward(self, z: Any, a: Any, grad: Any, scratch: Any) -> None:
        super().backward(z, a, grad, scratch)
        grad /= 2


@dataclass(frozen=True)
class Emptier(MaxNorm):
    """A bound for lengths by code of its own."""

    name: ClassVar = "emptier"

    def apply(self, kernel: Any, scratch: Any) -> None:
        super().apply(kernel, scratch)
        kernel /= 2


DERIVED: list[tuple[str, Part]] = [
    ("layer", Doubled(3)),
    ("activation", Halved()),
    ("activation", Steeper()),
    ("constraint", Emptier()),
    ("layer", Residual((Doubled(4),))),
    ("optimizer", Slow()),
    ("loss", Halfway()),
    ("regularizer", Larger()),
    ("gradient clip", Shorter(1.0)),
]


@pytest.mark.parametrize(("family", "part"), DERIVED, ids=[part.name for _, part in DERIVED])
def test_a_part_that_changes_another_is_not_taken_for_it(family: str, part: Part) -> None:
    chosen, reference = training_with(family, part), training_with(family, part, compiled=False)
    assert chosen.engine == "numpy"
    assert chosen.network.parameters.tobytes() == reference.network.parameters.tobytes()


@pytest.mark.parametrize("activation", [Softmax(), new.Wave()], ids=lambda part: part.name)
def test_an_output_layer_whose_activation_has_no_kernel_runs_on_numpy(activation: Activation) -> None:
    training = train([Dense(4), Dense(3, activation)], MeanSquaredError(), SGD(0.05))
    assert training.engine == "numpy"
    assert f"activation {activation.name!r}" in str(training.why_not_compiled)


def test_a_link_has_the_last_activation_and_needs_no_kernel_for_it() -> None:
    assert make_training(output=Softmax()).engine == "compiled"


def test_a_frozen_layers_penalty_runs_on_numpy() -> None:
    frozen = Dense(4, regularizer=L2(), trainable=False)
    assert "frozen" in str(train([frozen, Dense(3)], MeanSquaredError(), SGD()).why_not_compiled)


def test_a_constraint_within_a_stack_is_found() -> None:
    layers = [Dense(4), Dropout(0.1), ActivationLayer(Tanh()), Dense(3, constraint=new.Centered())]
    assert "'centered'" in str(train(layers, MeanSquaredError(), SGD()).why_not_compiled)


SCALE, NUMBERS = 0.5, [0.5]


def closure() -> Any:
    factor = 2.0
    return lambda z: factor * z


FORMULAS = {
    "a method of arrays": lambda z: z.clip(-1.0, 1.0),
    "a function of NumPy's": lambda z: np.arctan(z),  # noqa: PLW0108 -- a formula, as a person writes it
    "NumPy's function itself": np.tanh,
    "something outside": closure(),
    "a default value": lambda z, factor=2.0: factor * z,
    "a list": lambda z: NUMBERS[0] * z,
    "Python's own function": lambda z: abs(z),  # noqa: PLW0108
}


def activation_of(formula: Any, **names: Any) -> Activation:
    """An activation with this formula, and a slope that is right to a factor."""
    body = {
        "name": "made",
        "value": staticmethod(formula),
        "slope": staticmethod(lambda z, a: 1.0 + 0.0 * z * a),
        **names,
    }
    made: Any = dataclass(frozen=True)(type("Made", (new.Named, activations.Pointwise), body))
    found: Activation = made()
    return found


@pytest.mark.parametrize("formula", FORMULAS.values(), ids=FORMULAS)
def test_formulas_of_other_things_run_on_numpy(formula: Any) -> None:
    activation = activation_of(formula)
    assert "formula" in str(activation.why_not_compiled())
    assert training_with("activation", activation).engine == "numpy"
