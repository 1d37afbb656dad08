"""The trainer against PyTorch: the same weights and batches, 200 steps, the same weights.

`make test` runs each part once, in both precisions; `make test-engines` every optimiser with every activation and
every loss.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest

from steelyard.errors import Diverged
from steelyard.trainer.activations import ACTIVATIONS, Activation, Gelu, PRelu
from steelyard.trainer.clipping import GRADIENT_CLIPS, ByGlobalNorm, ByValue, GradientClip
from steelyard.trainer.layers import ActivationLayer, BatchNormalization, Dense, Dropout, Layer, LayerNormalization
from steelyard.trainer.loop import Training
from steelyard.trainer.losses import LOSSES, CategoricalCrossentropy, Huber, Loss, MeanSquaredError
from steelyard.trainer.network import Network
from steelyard.trainer.optimizers import (
    LBFGS,
    OPTIMIZERS,
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    Nadam,
    Optimizer,
    RMSprop,
)
from steelyard.trainer.rng import Streams
from steelyard.trainer.schedules import (
    CosineDecay,
    ExponentialDecay,
    OneCycle,
    PiecewiseConstant,
    PolynomialDecay,
    Schedule,
    StepDecay,
)
from tests.trainer.networks import Array

torch = pytest.importorskip("torch", reason="PyTorch is not installed; `make test-engines` installs it")
torch.set_num_threads(1)  # its threads, and pytest's processes, would fight for the cores
F = torch.nn.functional

ROWS, INPUTS, UNITS, OUTPUTS, STEPS = 48, 6, 9, 3, 200
TOLERANCE = {"float32": 1e-5, "float64": 1e-10}

ACTIVATION: dict[str, Callable[..., Any]] = {
    "linear": lambda z: z,
    "relu": F.relu,
    "relu6": F.relu6,
    "leaky_relu": F.leaky_relu,
    "elu": F.elu,
    "selu": F.selu,
    "celu": F.celu,
    "gelu": F.gelu,
    "silu": F.silu,
    "mish": F.mish,
    "softplus": F.softplus,
    "softsign": F.softsign,
    "sigmoid": torch.sigmoid,
    "hard_sigmoid": lambda z: F.relu6(z + 3) / 6,  # F.hardsigmoid's gradient has a sixth of single precision
    "log_sigmoid": F.logsigmoid,
    "tanh": torch.tanh,
    "hard_tanh": F.hardtanh,
    "exponential": torch.exp,
    "softmax": lambda z: F.softmax(z, dim=1),
    "log_softmax": lambda z: F.log_softmax(z, dim=1),
}
LOSS: dict[str, Callable[..., Any]] = {
    "categorical_crossentropy": F.cross_entropy,
    "binary_crossentropy": F.binary_cross_entropy_with_logits,
    "mean_squared_error": F.mse_loss,
    "mean_absolute_error": F.l1_loss,
    "huber": F.huber_loss,
    "poisson": F.poisson_nll_loss,
}
OWN_LOSSES = {"categorical_focal_crossentropy", "hinge", "log_cosh", "quantile"}  # PyTorch has none of these
OWN_OPTIMIZERS = {"lion", "lbfgs"}  # PyTorch has no Lion, and another line search
OPTIMIZER: list[tuple[Optimizer, Callable[..., Any]]] = [
    (SGD(0.05), lambda p: torch.optim.SGD(p, 0.05)),
    (
        SGD(0.02, momentum=0.9, nesterov=True, weight_decay=0.01),
        lambda p: torch.optim.SGD(p, 0.02, momentum=0.9, nesterov=True, weight_decay=0.01),
    ),
    (RMSprop(0.001), lambda p: torch.optim.RMSprop(p, 0.001)),
    (
        RMSprop(0.001, momentum=0.5, centered=True),
        lambda p: torch.optim.RMSprop(p, 0.001, momentum=0.5, centered=True),
    ),
    (Adagrad(0.02), lambda p: torch.optim.Adagrad(p, 0.02)),
    (Adadelta(0.5), lambda p: torch.optim.Adadelta(p, 0.5)),
    (Adam(0.003), lambda p: torch.optim.Adam(p, 0.003)),
    (
        Adam(0.003, amsgrad=True, weight_decay=0.01),
        lambda p: torch.optim.Adam(p, 0.003, amsgrad=True, weight_decay=0.01),
    ),
    (AdamW(0.003, weight_decay=0.1), lambda p: torch.optim.AdamW(p, 0.003, weight_decay=0.1)),
    (Adamax(0.003), lambda p: torch.optim.Adamax(p, 0.003)),
    (Nadam(0.003), lambda p: torch.optim.NAdam(p, 0.003)),
]


class Reference(torch.nn.Module):  # type: ignore[misc, name-defined]
    """A network of PyTorch's with our weights, by our names."""

    def __init__(self, network: Network, *, logits: bool) -> None:
        super().__init__()
        self.layers = network.places
        self.logits = logits
        for name, tensor in network.tensors().items():
            setattr(self, name.replace("/", "_"), torch.nn.Parameter(torch.tensor(tensor)))

    def get(self, place: str, name: str) -> Any:
        return getattr(self, f"{place}_{name}")

    def forward(self, x: Any, masks: Sequence[Any] = ()) -> Any:
        masks = list(masks)
        for place in self.layers:
            match place.layer:
                case Dense() as dense:
                    x = x @ self.get(place.name, "kernel") + self.get(place.name, "bias")
                    if not (self.logits and place is self.layers[-1]):
                        x = self.activate(dense.activation, place.name, x)
                case ActivationLayer() as layer:
                    x = self.activate(layer.activation, place.name, x)
                case BatchNormalization() as layer:
                    weights = self.get(place.name, "gamma"), self.get(place.name, "beta")
                    x = F.batch_norm(x, None, None, *weights, training=True, eps=layer.epsilon)
                case LayerNormalization() as layer:
                    weights = self.get(place.name, "gamma"), self.get(place.name, "beta")
                    x = F.layer_norm(x, x.shape[1:], *weights, eps=layer.epsilon)
                case Dropout():
                    x = x * masks.pop(0)
        return x

    def activate(self, activation: Activation, place: str, z: Any) -> Any:
        if isinstance(activation, PRelu):
            return F.prelu(z, self.get(place, "alpha"))
        if isinstance(activation, Gelu) and activation.approximate:
            return F.gelu(z, approximate="tanh")
        return ACTIVATION[activation.name](z)


def make_data(loss: Loss, dtype: str) -> tuple[Array, Array]:
    generator = np.random.default_rng(7)
    x = generator.normal(size=(ROWS, INPUTS)).astype(dtype)
    if "multiclass" in loss.tasks:
        return x, generator.integers(OUTPUTS, size=ROWS)
    if "binary" in loss.tasks:
        return x, generator.integers(2, size=(ROWS, OUTPUTS)).astype(dtype)
    if loss.raw_targets:
        return x, generator.poisson(2, size=(ROWS, OUTPUTS)).astype(dtype)
    return x, generator.normal(size=(ROWS, OUTPUTS)).astype(dtype)


def compare(
    hidden: Sequence[Layer],
    loss: Loss,
    optimizer: Optimizer,
    make_reference: Callable[..., Any],
    dtype: str,
    *,
    schedule: Schedule | None = None,
    make_schedule: Callable[..., Any] | None = None,
    clip: GradientClip | None = None,
    clip_reference: Callable[..., Any] | None = None,
    weights: Array | None = None,
    torch_loss: Callable[..., Any] | None = None,
) -> float:
    """The largest difference of a weight after `STEPS` steps over all rows, relative to the largest weight."""
    torch.set_default_dtype(getattr(torch, dtype))
    output = Dense(OUTPUTS, ACTIVATIONS[loss.link or "linear"]())
    network = Network([*hidden, output], inputs=INPUTS, dtype=dtype)
    network.initialize(np.random.default_rng(3))
    x, y = make_data(loss, dtype)
    reference = Reference(network, logits=loss.link is not None)
    rule = make_reference(reference.parameters())
    plan = make_schedule(rule) if make_schedule else None
    training = Training(
        network, loss, optimizer, x, y, weights=weights, epochs=STEPS, batch_size=ROWS, shuffle=False,
        streams=Streams.spawn(0), schedule=schedule, gradient_clip=clip,
    )  # fmt: skip
    masks = Streams.spawn(0).dropout
    inputs, targets = torch.tensor(x), torch.tensor(y)
    measure = torch_loss or LOSS[loss.name]
    events = training.run()
    for _ in range(STEPS):
        rule.zero_grad()
        drawn = [
            torch.tensor((masks.random((ROWS, UNITS), x.dtype.type) >= layer.rate) / (1 - layer.rate)).to(inputs)
            for layer in hidden
            if isinstance(layer, Dropout)
        ]
        value = measure(reference(inputs, drawn), targets)
        value.backward()
        if clip_reference:
            clip_reference([p for p in reference.parameters() if p.grad is not None])
        rule.step()
        try:
            next(events), next(events)  # a batch, and the epoch of that batch
        except Diverged:
            finite = all(bool(torch.isfinite(tensor).all()) for tensor in (value, *reference.parameters()))
            return float("inf") if finite else 0.0
        if plan:
            plan.step()
    found = {name: tensor for name, tensor in network.tensors().items() if "moving" not in name}
    expected = {name: getattr(reference, name.replace("/", "_")).detach().numpy() for name in found}
    largest = max(float(np.abs(tensor).max()) for tensor in expected.values())
    assert np.isfinite(largest), "PyTorch's weights diverged, ours did not"
    return max(float(np.abs(found[name] - expected[name]).max()) for name in found) / largest


def hidden_with(activation: Activation) -> list[Layer]:
    return [Dense(UNITS, activation), Dense(UNITS, activation)]


def test_every_part_is_compared_or_said_to_be_ours_alone() -> None:
    assert {*ACTIVATION} | {"prelu"} == {*ACTIVATIONS.names}
    assert {*LOSS} | OWN_LOSSES == {*LOSSES.names}
    assert {optimizer.name for optimizer, _ in OPTIMIZER} | OWN_OPTIMIZERS == {*OPTIMIZERS.names}


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize(("optimizer", "reference"), OPTIMIZER, ids=[str(optimizer) for optimizer, _ in OPTIMIZER])
def test_every_optimizer_ends_where_pytorchs_does(
    optimizer: Optimizer, reference: Callable[..., Any], dtype: str
) -> None:
    loss = CategoricalCrossentropy()
    assert compare(hidden_with(ACTIVATIONS["tanh"]()), loss, optimizer, reference, dtype) < TOLERANCE[dtype]


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("activation", [*(part() for part in ACTIVATIONS), Gelu(approximate=True)], ids=str)
def test_every_activation_ends_where_pytorchs_does(activation: Activation, dtype: str) -> None:
    optimizer, reference = SGD(0.02), lambda p: torch.optim.SGD(p, 0.02)
    loss = CategoricalCrossentropy()
    assert compare(hidden_with(activation), loss, optimizer, reference, dtype) < TOLERANCE[dtype]


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("name", LOSS)
def test_every_loss_ends_where_pytorchs_does(name: str, dtype: str) -> None:
    optimizer, reference = SGD(0.02), lambda p: torch.optim.SGD(p, 0.02)
    assert compare(hidden_with(ACTIVATIONS["tanh"]()), LOSSES[name](), optimizer, reference, dtype) < TOLERANCE[dtype]


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_parameters_of_losses_mean_what_pytorchs_do(dtype: str) -> None:
    optimizer, reference = SGD(0.02), lambda p: torch.optim.SGD(p, 0.02)
    hidden = hidden_with(ACTIVATIONS["tanh"]())
    smooth = compare(
        hidden, CategoricalCrossentropy(0.2), optimizer, reference, dtype,
        torch_loss=lambda z, t: F.cross_entropy(z, t, label_smoothing=0.2),
    )  # fmt: skip
    narrow = compare(
        hidden, Huber(0.3), optimizer, reference, dtype, torch_loss=lambda y, t: F.huber_loss(y, t, delta=0.3)
    )
    assert max(smooth, narrow) < TOLERANCE[dtype]


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_weighted_classes_are_pytorchs(dtype: str) -> None:
    of_class = np.array([1.0, 0.25, 3.0], dtype)
    _, y = make_data(CategoricalCrossentropy(), dtype)
    found = compare(
        hidden_with(ACTIVATIONS["tanh"]()), CategoricalCrossentropy(), SGD(0.02),
        lambda p: torch.optim.SGD(p, 0.02), dtype, weights=of_class[y],
        torch_loss=lambda z, t: F.cross_entropy(z, t, weight=torch.tensor(of_class)),
    )  # fmt: skip
    assert found < TOLERANCE[dtype]


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("layer", [BatchNormalization(), LayerNormalization(), Dropout(0.3)], ids=lambda x: x.name)
def test_layers_end_where_pytorchs_do(layer: Layer, dtype: str) -> None:
    # By gradient descent: the gradient of a bias before a normalisation is nothing but rounding, which adam would
    # blow up to a step of full size.
    hidden = [Dense(UNITS), layer, ActivationLayer(ACTIVATIONS["tanh"]()), Dense(UNITS, ACTIVATIONS["tanh"]())]
    found = compare(hidden, MeanSquaredError(), SGD(0.05), lambda p: torch.optim.SGD(p, 0.05), dtype)
    assert found < TOLERANCE[dtype]


def test_running_averages_are_pytorchs_but_for_the_variance_of_a_sample() -> None:
    network = Network([BatchNormalization(momentum=0.9), Dense(1)], inputs=INPUTS, dtype="float64")
    network.initialize(np.random.default_rng(0))
    x, y = make_data(MeanSquaredError(), "float64")
    training = Training(
        network, MeanSquaredError(), SGD(1e-9), x, y[:, :1], epochs=5, batch_size=ROWS, streams=Streams.spawn(0)
    )
    list(training.run())
    reference = torch.nn.BatchNorm1d(INPUTS, momentum=0.1, dtype=torch.float64)
    for _ in range(5):
        reference(torch.tensor(x))
    found = network.tensors()
    np.testing.assert_allclose(found["batch_normalization_1/moving_mean"], reference.running_mean, rtol=1e-12)
    sample = 1 + (found["batch_normalization_1/moving_variance"] - 0.9**5) * ROWS / (ROWS - 1) - (1 - 0.9**5)
    np.testing.assert_allclose(sample, reference.running_var, rtol=1e-12)


SCHEDULES = [
    (StepDecay(30, 0.5), lambda o: torch.optim.lr_scheduler.StepLR(o, 30, 0.5)),
    (
        PiecewiseConstant((50.0, 120.0), (0.02, 0.01, 0.004)),
        lambda o: torch.optim.lr_scheduler.LambdaLR(o, lambda t: 1.0 if t < 50 else 0.5 if t < 120 else 0.2),
    ),
    (ExponentialDecay(0.98), lambda o: torch.optim.lr_scheduler.ExponentialLR(o, 0.98)),
    (PolynomialDecay(power=2.0), lambda o: torch.optim.lr_scheduler.PolynomialLR(o, STEPS, 2.0)),
    (CosineDecay(), lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, STEPS)),
    (
        CosineDecay(decay_epochs=25.0, restarts=True, t_mul=2.0),
        lambda o: torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(o, 25, 2),
    ),
    (OneCycle(), lambda o: torch.optim.lr_scheduler.OneCycleLR(o, 0.02, STEPS, cycle_momentum=False)),
]


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize(("schedule", "reference"), SCHEDULES, ids=lambda part: getattr(part, "name", ""))
def test_schedules_end_where_pytorchs_do(schedule: Schedule, reference: Callable[..., Any], dtype: str) -> None:
    found = compare(
        hidden_with(ACTIVATIONS["tanh"]()), CategoricalCrossentropy(), SGD(0.02), lambda p: torch.optim.SGD(p, 0.02),
        dtype, schedule=schedule, make_schedule=reference,
    )  # fmt: skip
    assert found < TOLERANCE[dtype]


CLIPS = [
    (ByValue(0.01), lambda p: torch.nn.utils.clip_grad_value_(p, 0.01)),
    (ByGlobalNorm(0.05), lambda p: torch.nn.utils.clip_grad_norm_(p, 0.05)),
]


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize(("clip", "reference"), CLIPS, ids=lambda part: getattr(part, "name", ""))
def test_clipped_gradients_end_where_pytorchs_do(clip: GradientClip, reference: Callable[..., Any], dtype: str) -> None:
    assert {part.name for part, _ in CLIPS} | {"norm"} == {*GRADIENT_CLIPS.names}
    found = compare(
        hidden_with(ACTIVATIONS["tanh"]()), CategoricalCrossentropy(), SGD(0.05), lambda p: torch.optim.SGD(p, 0.05),
        dtype, clip=clip, clip_reference=reference,
    )  # fmt: skip
    assert found < TOLERANCE[dtype]


def test_lbfgs_gets_as_far_as_pytorchs() -> None:
    torch.set_default_dtype(torch.float64)
    loss = MeanSquaredError()
    x, y = make_data(loss, "float64")
    network = Network([*hidden_with(ACTIVATIONS["tanh"]()), Dense(OUTPUTS)], inputs=INPUTS, dtype="float64")
    network.initialize(np.random.default_rng(3))
    reference = Reference(network, logits=False)
    rule = torch.optim.LBFGS(reference.parameters(), max_iter=60, history_size=10, line_search_fn="strong_wolfe")

    def closure() -> Any:
        rule.zero_grad()
        value = F.mse_loss(reference(torch.tensor(x)), torch.tensor(y))
        value.backward()
        return value

    start = closure().item()
    rule.step(closure)
    theirs = closure().item()
    training = Training(network, loss, LBFGS(), x, y, epochs=60, batch_size=ROWS, streams=Streams.spawn(0))
    list(training.run())
    ours = float(np.mean((network.predict(x) - y) ** 2))
    assert ours < 0.5 * start
    assert ours < 1.5 * theirs


GENTLE = {  # rates at which 200 steps do not blow up what rounding makes
    SGD: 0.01, RMSprop: 0.0002, Adagrad: 0.005, Adadelta: 0.1,
    Adam: 0.0005, AdamW: 0.0005, Adamax: 0.0005, Nadam: 0.0005,
}  # fmt: skip


# A rounding can put a sum on the other side of a corner at one step of 200; from there on the paths part.
CORNERED = {"relu", "relu6", "leaky_relu", "prelu", "selu", "hard_sigmoid", "hard_tanh"}
CORNERED |= {"mean_absolute_error", "hinge", "quantile"}


@pytest.mark.engines
@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")  # a few of them diverge, in both
@pytest.mark.parametrize("place", range(len(OPTIMIZER)), ids=[str(optimizer) for optimizer, _ in OPTIMIZER])
def test_every_optimizer_with_every_activation_and_loss(place: int) -> None:
    given, reference = OPTIMIZER[place]

    def compare_at(rate: float, activation: Activation, loss: Loss, dtype: str) -> float:
        def gently(parameters: Any) -> Any:
            rule = reference(parameters)
            rule.param_groups[0]["lr"] = rate
            return rule

        return compare(hidden_with(activation), loss, replace(given, learning_rate=rate), gently, dtype)

    wrong, wandering = {}, {}
    for activation, name in product([part() for part in ACTIVATIONS], LOSS):
        # The exponential of an exponential blows up sooner.
        rate = GENTLE[type(given)] / (20 if activation.name == "exponential" else 1)
        found = {dtype: compare_at(rate, activation, LOSSES[name](), dtype) for dtype in TOLERANCE}
        if not found["float64"] < TOLERANCE["float64"]:
            wrong[f"{activation.name} {name}"] = found
        elif not found["float32"] < TOLERANCE["float32"]:
            wandering[f"{activation.name} {name}"] = found["float32"]
    assert not wrong
    # Double precision has shown that the rule is the same; in single precision a few pairs with a corner may wander.
    assert all(CORNERED & set(pair.split()) for pair in wandering), wandering
    assert len(wandering) <= 8, wandering
    assert all(found < 0.05 for found in wandering.values()), wandering
