"""Compiled steps against NumPy's, over the registries: a new part is held to the reference by being there."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.errors import Diverged
from steelyard.nn.activations import ACTIVATIONS, Activation, Gelu, Linear, PRelu, Relu, Tanh
from steelyard.nn.clipping import ByGlobalNorm, ByNorm, ByValue, GradientClip
from steelyard.nn.constraints import CONSTRAINTS
from steelyard.nn.engines.compiled import steps
from steelyard.nn.engines.compiled.steps import CompiledSteps
from steelyard.nn.initializers import RandomNormal
from steelyard.nn.layers import (
    ActivationLayer,
    BatchNormalization,
    Dense,
    Dropout,
    GaussianNoise,
    Layer,
    LayerNormalization,
    Residual,
)
from steelyard.nn.losses import LOSSES, BinaryCrossentropy, CategoricalCrossentropy, Loss, MeanSquaredError
from steelyard.nn.metrics import Accuracy
from steelyard.nn.network import Network
from steelyard.nn.optimizers import OPTIMIZERS, SGD, Adam, Optimizer, RMSprop
from steelyard.nn.regularizers import REGULARIZERS
from steelyard.nn.rng import Streams
from steelyard.nn.schedules import CosineDecay
from steelyard.nn.training.loop import Epoch, Training
from tests.nn.networks import finish, make_training

ROWS, INPUTS = 45, 4
SMALL, WIDE = RandomNormal(stddev=0.2), RandomNormal(stddev=1.0)
NEAR = {"float32": 1e-6, "float64": 1e-12}
POINTWISE = [*(part for kind in ACTIVATIONS if not (part := kind()).why_not_compiled()), Gelu(approximate=True)]
RULES = [
    *(rule for kind in OPTIMIZERS if not (rule := kind()).why_not_compiled()),
    SGD(momentum=0.9, weight_decay=0.1),
    SGD(momentum=0.9, nesterov=True),
    Adam(amsgrad=True, weight_decay=0.1),
    RMSprop(momentum=0.5),
    RMSprop(centered=True),
    RMSprop(momentum=0.5, centered=True),
]


def train(layers: Sequence[Layer], loss: Loss, optimizer: Optimizer, **options: Any) -> Training:
    """A training that has run: with `compiled`, and `threads` as told."""
    dtype = options.pop("dtype", "float32")
    weighted = options.pop("weighted", False)
    streams = Streams.spawn(3)
    network = Network(layers, inputs=INPUTS, dtype=dtype)
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(ROWS, INPUTS)).astype(dtype), targets(loss, network, generator)
    network.initialize(streams.initialization, x)
    weights = generator.uniform(0, 3, ROWS).astype(dtype) if weighted else None
    given: dict[str, Any] = {"epochs": 4, "batch_size": 16, "streams": streams, "weights": weights} | options
    training = Training(network, loss, optimizer, x, y, **given)
    training.epochs_seen = [event for event in training.run() if isinstance(event, Epoch)]
    return training


def targets(loss: Loss, network: Network, generator: np.random.Generator) -> Any:
    shape = (ROWS, network.outputs)
    if "multiclass" in loss.tasks:
        return generator.integers(network.outputs, size=ROWS)
    if "binary" in loss.tasks:
        return generator.integers(2, size=shape).astype(network.dtype)
    if loss.raw_targets:
        return generator.poisson(2, size=shape).astype(network.dtype)
    return generator.normal(size=shape).astype(network.dtype)


def check_same(layers: Sequence[Layer], loss: Loss, optimizer: Optimizer, **options: Any) -> CompiledSteps:
    """Both ways end with the same weights and slots and saw the same losses, to rounding."""
    reference = train(layers, loss, optimizer, compiled=False, **options)
    found = train(layers, loss, optimizer, **options)
    assert isinstance(found._steps, CompiledSteps)
    near = NEAR[options.get("dtype", "float32")]
    size = np.abs(reference.network.parameters).max()
    np.testing.assert_allclose(found.network.parameters, reference.network.parameters, atol=near * size, rtol=near)
    for name, slot in reference._steps.slots.items():
        np.testing.assert_allclose(found._steps.slots[name], slot, atol=near * np.abs(slot).max(), rtol=20 * near)
    for mine, theirs in zip(found.epochs_seen, reference.epochs_seen, strict=True):
        assert mine.values == pytest.approx(theirs.values, rel=20 * near)
    return found._steps


def output_for(loss: Loss, units: int = 3) -> Dense:
    return Dense(units, ACTIVATIONS[loss.link or "linear"]())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", POINTWISE, ids=str)
def test_every_activation_is_the_same(activation: Activation, dtype: str) -> None:
    again = Tanh() if activation.name == "exponential" else activation  # of an exponential, that is beyond all numbers
    layers = [Dense(7, activation, SMALL, WIDE), Dense(5, Linear(), SMALL, WIDE), ActivationLayer(again)]
    check_same([*layers, output_for(MeanSquaredError())], MeanSquaredError(), SGD(0.01), dtype=dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("weighted", [False, True], ids=["equal", "weighted"])
@pytest.mark.parametrize("loss", [part() for part in LOSSES], ids=lambda part: part.name)
def test_every_loss_is_the_same(loss: Loss, weighted: bool, dtype: str) -> None:
    check_same([Dense(6, Tanh()), output_for(loss)], loss, SGD(0.05), weighted=weighted, dtype=dtype)


@pytest.mark.parametrize("loss", [CategoricalCrossentropy(0.2), BinaryCrossentropy(0.2)], ids=lambda part: part.name)
@pytest.mark.parametrize("units", [2, 40])
def test_smoothed_labels_are_the_same(units: int, loss: Loss) -> None:
    check_same([Dense(6, Tanh()), output_for(loss, units)], loss, SGD(0.05))


@pytest.mark.parametrize("optimizer", RULES, ids=str)
def test_every_rule_is_the_same(optimizer: Optimizer) -> None:
    loss = MeanSquaredError()
    check_same([Dense(6, Tanh()), output_for(loss)], loss, optimizer, schedule=CosineDecay(), dtype="float64")


@pytest.mark.parametrize("regularizer", list(REGULARIZERS), ids=lambda part: part.name)
@pytest.mark.parametrize("clip", [None, ByValue(0.05), ByNorm(0.05), ByGlobalNorm(0.05)], ids=str)
@pytest.mark.parametrize(("threads", "batch_size"), [(1, 16), (2, 16), (2, 2)])
def test_penalties_and_clipping_are_the_same(
    regularizer: Any, clip: GradientClip | None, threads: int, batch_size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "THREAD_FLOPS", 1)
    layers = [Dense(6, Tanh(), regularizer=regularizer()), output_for(MeanSquaredError())]
    options: dict[str, Any] = {"gradient_clip": clip, "threads": threads, "batch_size": batch_size, "epochs": 2}
    found = check_same(layers, MeanSquaredError(), SGD(0.1), **options)
    assert bool(found._shared.own_gradients) == (threads == 2 and batch_size == 16)  # few weights, many rows


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("constraint", [part() for part in CONSTRAINTS], ids=lambda part: part.name)
def test_every_constraint_is_the_same(constraint: Any, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "THREAD_FLOPS", 1)
    layers = [Dense(37, Tanh(), WIDE, constraint=constraint), Dense(5, constraint=constraint, trainable=False)]
    for clip in (None, ByGlobalNorm(0.1)):
        options = {"threads": threads, "gradient_clip": clip, "dtype": "float64"}
        check_same([*layers, output_for(MeanSquaredError())], MeanSquaredError(), SGD(0.1), **options)


@given(
    hidden=st.lists(
        st.one_of(
            st.builds(
                Dense,
                st.integers(1, 40),
                st.sampled_from([part for part in POINTWISE if part.name != "exponential"]),
                bias_initializer=st.just(RandomNormal(stddev=1.0)),
            ),
            st.sampled_from([Dropout(0.3), GaussianNoise(0.1), ActivationLayer(Tanh())]),
            st.sampled_from([LayerNormalization(), BatchNormalization(trainable=False)]),
            st.builds(lambda units: Residual((Dense(units, Tanh()),)), st.integers(1, 40)),
            st.just(ActivationLayer(PRelu())),
        ),
        max_size=4,
    ),
    loss=st.sampled_from([part() for part in LOSSES if part.name != "poisson"]),
    batch_size=st.integers(1, 50),
    threads=st.integers(1, 3),
    weighted=st.booleans(),
)
@settings(max_examples=30, deadline=None)
def test_random_stacks_are_the_same(
    hidden: list[Layer], loss: Loss, batch_size: int, threads: int, weighted: bool
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(steps, "THREAD_FLOPS", 1)
        options: dict[str, Any] = {"batch_size": batch_size, "threads": threads, "weighted": weighted, "epochs": 2}
        check_same([*hidden, output_for(loss)], loss, SGD(0.01), dtype="float64", **options)


def test_two_threads_give_the_same_bytes_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "THREAD_FLOPS", 1)
    layers = [Dense(33, Tanh()), output_for(MeanSquaredError())]
    runs = [train(layers, MeanSquaredError(), Adam(), threads=2) for _ in range(5)]
    assert len({run.network.parameters.tobytes() for run in runs}) == 1


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_a_state_from_within_an_epoch_goes_on_to_the_same_bytes(stride: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CompiledSteps, "_stride", lambda *_: stride)
    options: dict[str, Any] = {
        "epochs": 3,
        "batch_size": 7,
        "metrics": [Accuracy()],
        "gradient_clip": ByGlobalNorm(0.5),
    }
    hidden = (Dense(6, Tanh()), Dropout(0.3))
    whole = make_training(hidden, **options)
    expected = list(whole.run())
    for stop in range(len(expected)):
        cut = make_training(hidden, **options)
        seen = [event for _, event in zip(range(stop), cut.run(), strict=False)]
        resumed = make_training(hidden, seed=99, **options)
        resumed.restore(cut.state())
        assert seen + list(resumed.run()) == expected
        assert resumed.network.parameters.tobytes() == whole.network.parameters.tobytes()


def test_how_many_batches_go_by_unseen_changes_no_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for stride in (1, 4):
        monkeypatch.setattr(CompiledSteps, "_stride", lambda *_, stride=stride: stride)
        training = make_training((Dense(6, Tanh()), Dropout(0.3)), batch_size=7)
        finish(training)
        found.append(training.network.parameters.tobytes())
    assert found[0] == found[1]


def test_divergence_ends_at_its_step_in_every_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "THREAD_FLOPS", 1)
    for threads in (1, 2):
        training = make_training((Dense(6, Relu()),), optimizer=SGD(1e200), epochs=50, threads=threads)
        with np.errstate(all="ignore"), pytest.raises(Diverged, match=r"dense_1|output"):
            finish(training)
        assert np.isfinite(training.network.parameters).all()


def test_tiny_numbers_are_zeros_in_a_step_and_themselves_again_after_it() -> None:
    finish(make_training(dtype="float32"))
    tiny = np.full(64, 1e-39, np.float32)
    assert ((tiny * np.float32(0.5)) > 0).all()
