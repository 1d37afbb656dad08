"""One-hot inputs that are kept as places train as the matrix that they stand for, by both engines."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from steelyard.nn.activations import Softmax, Tanh
from steelyard.nn.engines.compiled import steps
from steelyard.nn.engines.compiled.layers import base
from steelyard.nn.layers import Dense, Dropout, Layer, Residual
from steelyard.nn.losses import CategoricalCrossentropy
from steelyard.nn.metrics import Accuracy
from steelyard.nn.network import Network
from steelyard.nn.one_hot import OneHot
from steelyard.nn.optimizers import Adam
from steelyard.nn.rng import Streams
from steelyard.nn.training.loop import Training
from tests.nn.networks import Array

ROWS, CLASSES = 45, 3
STACKS: dict[str, list[Layer]] = {
    "dense": [Dense(7, Tanh()), Dense(5, Tanh())],
    "frozen": [Dense(6, trainable=False), Dense(4, use_bias=False)],
    "in full": [Dropout(0.2), Dense(5, Tanh())],
    "in a block": [Residual((Dense(7),))],
}


def inputs(numbers: int, categories: Sequence[int], dtype: str = "float64") -> OneHot:
    """Rows of some numbers, and of a one-hot column for each number of categories."""
    generator = np.random.default_rng(0)
    firsts = numbers + np.cumsum([0, *categories])
    places = [first + generator.integers(count, size=ROWS) for first, count in zip(firsts, categories, strict=False)]
    return OneHot(generator.normal(size=(ROWS, numbers)).astype(dtype), np.stack(places, axis=1), int(firsts[-1]))


def trained(x: OneHot | Array, layers: Sequence[Layer], *, compiled: bool = True, **options: int) -> Training:
    streams = Streams.spawn(0)
    network = Network([*layers, Dense(CLASSES, Softmax())], inputs=x.shape[1], dtype=x.dtype.name)
    network.initialize(streams.initialization, x)
    y = np.random.default_rng(1).integers(CLASSES, size=ROWS)
    given: dict[str, Any] = {"batch_size": 16, "threads": 1} | options
    training = Training(
        network, CategoricalCrossentropy(), Adam(0.01), x, y, epochs=3, streams=streams, compiled=compiled,
        validation=(x, y), metrics=[Accuracy()], **given,
    )  # fmt: skip
    training.events = list(training.run())
    return training


def test_places_stand_for_a_matrix() -> None:
    x = OneHot(np.array([[0.5], [1.5]]), np.array([[1, 3], [2, 4]]), 5)
    assert np.asarray(x).tolist() == [[0.5, 1, 0, 1, 0], [1.5, 0, 1, 0, 1]]
    assert np.asarray(x[1:]).tolist() == [[1.5, 0, 1, 0, 1]]
    assert np.asarray(x, "float32").dtype == np.float32
    assert (len(x), x.shape, x.dtype.name, x.values) == (2, (2, 5), "float64", 3)
    assert x.astype(np.float32, copy=False).dtype == np.float32
    out = np.full((2, 5), 9.0)
    x.take(np.array([1, 0]), axis=0, out=out, mode="clip")
    assert out.tolist() == [[1.5, 0, 1, 0, 1], [0.5, 1, 0, 1, 0]]


@pytest.mark.parametrize("place", [0, 5])
def test_places_are_of_the_inputs_behind_the_numbers(place: int) -> None:
    with pytest.raises(ValueError, match="at least 1 and less than 5"):
        OneHot(np.array([[0.5]]), np.array([[place]]), 5)
    with pytest.raises(ValueError, match="2 rows"):
        OneHot(np.array([[0.5], [1.5]]), np.array([[1]]), 5)


@pytest.mark.parametrize("numbers", [0, 3])
@pytest.mark.parametrize("name", STACKS)
def test_numpy_makes_the_same_bits_of_places_and_of_the_matrix(name: str, numbers: int) -> None:
    x = inputs(numbers, (4, 30))
    found, expected = (trained(each, STACKS[name], compiled=False) for each in (x, np.asarray(x)))
    assert found.network.parameters.tobytes() == expected.network.parameters.tobytes()
    assert found.events == expected.events


@pytest.mark.parametrize("numbers", [0, 3])
@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("name", STACKS)
def test_the_compiled_engine_makes_numpys_weights_of_places(
    name: str, threads: int, numbers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "THREAD_FLOPS", 1)
    monkeypatch.setattr(base, "BLOCK", 20)
    x = inputs(numbers, (4, 30))
    for batch_size in (5, 45):
        options = {"threads": threads, "batch_size": batch_size}
        found, expected = (trained(x, STACKS[name], compiled=compiled, **options) for compiled in (True, False))
        assert (found.engine, expected.engine) == ("compiled", "numpy")
        np.testing.assert_allclose(found.network.parameters, expected.network.parameters, rtol=1e-12, atol=1e-13)
        assert found.events[-1].values == pytest.approx(expected.events[-1].values)


def test_threads_with_gradients_of_their_own_add_them_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "THREAD_FLOPS", 1)
    x = inputs(2, (2, 3))
    found = trained(x, [Dense(4)], threads=2, batch_size=45)
    expected = trained(x, [Dense(4)], compiled=False, batch_size=45)
    assert found._steps._shared.own_gradients
    np.testing.assert_allclose(found.network.parameters, expected.network.parameters, rtol=1e-12, atol=1e-13)


def test_places_give_the_same_bytes_on_repeat_and_after_a_checkpoint() -> None:
    x = inputs(3, (4, 30), "float32")
    first, second = (trained(x, STACKS["dense"]) for _ in range(2))
    assert first.network.parameters.tobytes() == second.network.parameters.tobytes()
    state = first.state()
    first.epochs = second.epochs = 6
    list(first.run())
    second.restore(state)
    list(second.run())
    assert first.network.parameters.tobytes() == second.network.parameters.tobytes()


def test_zeros_are_kept_nowhere_in_memory() -> None:
    x = inputs(3, (1000, 1000))
    program = trained(x, STACKS["dense"])._steps._programs[0]
    assert max(buffer.size for buffer in program.shared.buffers.values()) <= 16 * 7
