"""What of PyTorch stands beside each part of the trainer, and the comparison of both after the same steps."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from steelyard.errors import Diverged
from steelyard.nn.activations import ACTIVATIONS, Activation, Gelu, PRelu
from steelyard.nn.clipping import GradientClip
from steelyard.nn.layers import ActivationLayer, BatchNormalization, Dense, Dropout, Layer, LayerNormalization
from steelyard.nn.losses import Loss
from steelyard.nn.network import Network
from steelyard.nn.optimizers import SGD, Adadelta, Adagrad, Adam, Adamax, AdamW, Nadam, Optimizer, RMSprop
from steelyard.nn.rng import Streams
from steelyard.nn.schedules import Schedule
from steelyard.nn.training.loop import Training
from tests.nn.networks import Array

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
    "half_squared_error": lambda y, t: F.mse_loss(y, t) / 2,
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
