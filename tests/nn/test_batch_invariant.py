"""The same numbers for a row, to the bit, however many rows come with it."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.nn.activations import ACTIVATIONS, Activation, Relu
from steelyard.nn.batch_invariant import LARGE_ROWS, SAFE_ROWS, Product
from steelyard.nn.initializers import GlorotNormal, RandomNormal
from steelyard.nn.layers import BatchNormalization, Dense, Embedding, LayerNormalization, Residual
from steelyard.nn.network import Network
from tests.nn.networks import Array

DTYPES = ("float32", "float64")


def drawn(layers: list[object], inputs: int, dtype: str) -> Network:
    network = Network(layers, inputs=inputs, dtype=dtype)  # type: ignore[arg-type]
    network.initialize(np.random.default_rng(0))
    return network


def same_rows(network: Network, x: Array, *, logits: bool) -> bool:
    """Whether rows alone, in small parts, and in another order have the bits that they have among all."""
    among_all = network.compute(x, logits=logits)
    alone = np.vstack([network.compute(x[row : row + 1], logits=logits) for row in range(0, len(x), 97)])
    parts = np.vstack([network.compute(part, logits=logits) for part in np.array_split(x, 31)])
    backwards = network.compute(x[::-1], logits=logits)[::-1]
    return bool((among_all[::97] == alone).all() and (among_all == parts).all() and (among_all == backwards).all())


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "widths", [(3, 1), (4, 16, 8, 3), (30, 64, 1), (256, 10), (784, 512, 256, 10), (1500, 33, 2), (3100, 200, 2)]
)
def test_a_row_has_the_same_bits_alone_and_among_ten_thousand(dtype: str, widths: tuple[int, ...]) -> None:
    inputs, *units, outputs = widths
    network = drawn([*(Dense(each, Relu()) for each in units), Dense(outputs)], inputs, dtype)
    x = np.random.default_rng(1).normal(size=(10_000, inputs)).astype(dtype)
    assert same_rows(network, x, logits=True)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", [part() for part in ACTIVATIONS], ids=str)
def test_so_it_is_with_every_activation(activation: Activation, dtype: str) -> None:
    network = drawn([Dense(37, activation, GlorotNormal(), RandomNormal()), Dense(5, activation)], 11, dtype)
    x = np.random.default_rng(1).normal(size=(1500, 11)).astype(dtype)
    assert same_rows(network, x, logits=False)


@pytest.mark.parametrize("dtype", DTYPES)
def test_so_it_is_with_every_layer(dtype: str) -> None:
    inner = Residual((Dense(50, Relu()), LayerNormalization()))
    layers = [Embedding((1, 4), (5, 7)), BatchNormalization(), inner, Dense(20), LayerNormalization(), Dense(3)]
    network = drawn([*layers[:-1], replace(Dense(3), activation=ACTIVATIONS["softmax"]())], 9, dtype)
    x = np.random.default_rng(1).integers(0, 7, (1500, 9)).astype(dtype) * 0.37
    assert same_rows(network, x, logits=False)


@given(rows=st.integers(1, 3 * LARGE_ROWS), inputs=st.integers(1, 300), units=st.integers(1, 300), seed=st.integers(0))
@settings(max_examples=60, deadline=None)
def test_a_product_is_that_of_its_rows(rows: int, inputs: int, units: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(rows, inputs)).astype(np.float32)
    kernel = generator.normal(size=(inputs, units)).astype(np.float32)
    found = np.empty((rows, units), np.float32)
    Product(kernel, found)(x)
    np.testing.assert_allclose(found, x.astype(np.float64) @ kernel, rtol=1e-3, atol=1e-3)
    some = generator.choice(rows, min(rows, SAFE_ROWS + 3), replace=False)
    again = np.empty((len(some), units), np.float32)
    Product(kernel, again)(x[some])
    assert (again == found[some]).all()


def test_threads_do_not_write_to_each_others_buffers() -> None:
    network = drawn([Dense(512, Relu()), Dense(10)], 784, "float32")  # products for which threads take turns
    x = np.random.default_rng(1).normal(size=(200, 784)).astype("float32")
    expected = network.compute(x, logits=True)
    with ThreadPoolExecutor(4) as threads:
        for _ in range(5):
            alone = threads.map(lambda row: network.compute(x[row : row + 1], logits=True), range(len(x)))
            assert np.array_equal(np.vstack([*alone]), expected)
