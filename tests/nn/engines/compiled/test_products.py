"""Products in tiles are the products that NumPy makes, and large networks train with them as with NumPy."""

from typing import Any

import numpy as np
import pytest
from numba import njit, types

from steelyard.nn.activations import Tanh
from steelyard.nn.engines.compiled import products
from steelyard.nn.engines.compiled.machine import address_of
from steelyard.nn.engines.compiled.products import (
    COPIED,
    is_large,
    multiply,
    multiply_stretches,
    pays_to_copy,
    pays_to_take_stretches,
    pays_to_turn,
    rows_of_tile,
)
from steelyard.nn.layers import Dense
from steelyard.nn.losses import MeanSquaredError
from steelyard.nn.optimizers import SGD
from tests.nn.engines.compiled.test_steps import check_same, output_for


@njit  # type: ignore[untyped-decorator]
def make(given: Any, turned: Any, sizes: Any, a: Any, b: Any, c: Any, copy: Any) -> None:
    """A product in float64."""
    multiply(given, turned, sizes, a, b, c, copy, 8, types.float64)


@njit  # type: ignore[untyped-decorator]
def make_back(given: Any, sizes: Any, kernel: Any, g: Any, gradient: Any, turned: Any) -> None:
    """The product of a turned kernel in stretches, in float64."""
    multiply_stretches(given, sizes, kernel, g, gradient, turned, 8, types.float64)


@pytest.mark.parametrize("beside", [0, 5])
@pytest.mark.parametrize("rows", [1, 64, 70])
@pytest.mark.parametrize(("inputs", "units"), [(3, 5), (16, 512), (17, 513), (130, 128), (70, 1_100)])
def test_stretches_make_the_whole_product(inputs: int, units: int, rows: int, beside: int) -> None:
    generator = np.random.default_rng(0)
    kernel, g = generator.normal(size=(inputs, units)), generator.normal(size=(rows, units))
    gradient, turned = np.full((rows, inputs + beside), np.nan), np.empty((units, rows))
    given = np.array([products.routine(np.dtype("float64"))], np.int64)
    make_back(given, (rows, inputs, units, inputs + beside), *map(address_of, (kernel, g, gradient, turned)))
    np.testing.assert_array_equal(turned, g.T)
    np.testing.assert_allclose(gradient[:, :inputs], g @ kernel.T, atol=1e-12 * units)
    assert np.isnan(gradient[:, inputs:]).all()


@pytest.mark.parametrize("copy", [False, True], ids=["in place", "copied"])
@pytest.mark.parametrize("largest", [0, 5_000, 100_000, 10_000_000])
@pytest.mark.parametrize(("m", "n", "k"), [(3, 4, 5), (64, 64, 64), (70, 130, 200), (1, 200, 300), (129, 65, 257)])
@pytest.mark.parametrize("turned", [(False, False), (False, True)], ids=["straight", "turned"])
def test_tiles_make_the_whole_product(
    turned: tuple[bool, bool], m: int, n: int, k: int, largest: int, copy: bool
) -> None:
    generator = np.random.default_rng(0)
    # BLAS stores column by column: A is (m, k), so k stretches of m values; B is (k, n), or (n, k) where it is turned.
    a, b = generator.normal(size=(k, m)), generator.normal(size=(k, n) if turned[1] else (n, k))
    c = np.full((n, m), np.nan)
    buffer = np.empty(COPIED)
    sizes = (m, n, k, m, n if turned[1] else k, m)
    given = np.array([products.routine(np.dtype("float64")), largest], np.int64)
    make(given, turned, sizes, *map(address_of, (a, b, c)), address_of(buffer) if copy else 0)
    np.testing.assert_allclose(c.T, a.T @ (b if turned[1] else b.T), atol=1e-12 * k)


def test_products_are_large_by_rows_units_and_multiplications() -> None:
    assert is_large(128, 1000, 500)
    assert not is_large(127, 10_000, 5_000)
    assert not is_large(100_000, 10_000, 64)
    assert is_large(100_000, 10_000, 65)
    assert not is_large(128, 1000, 499)


def test_a_kernel_is_copied_if_it_is_far_apart_or_far_away() -> None:
    assert pays_to_copy(10, 2049, rows=16)
    assert not pays_to_copy(10, 2048, rows=16)
    assert not pays_to_copy(10, 2049, rows=15)
    assert pays_to_copy(1025, 2048, rows=16)
    assert not pays_to_copy(1024, 2048, rows=16)


def test_a_kernel_is_turned_where_there_are_tiles_and_it_fits_the_nearest_cache(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(products, "largest_tile", lambda: 1)
    assert pays_to_turn(1 << 15, rows=32)
    assert not pays_to_turn((1 << 15) + 1, rows=32)
    assert not pays_to_turn(1 << 15, rows=31)
    monkeypatch.setattr(products, "largest_tile", lambda: 0)
    assert not pays_to_turn(1 << 15, rows=32)


def test_a_kernel_is_taken_in_stretches_by_few_rows_where_there_are_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "largest_tile", lambda: 1)
    assert pays_to_take_stretches(128, rows=64)
    assert not pays_to_take_stretches(128, rows=65)
    assert not pays_to_take_stretches(127, rows=1)
    assert pays_to_take_stretches(4_096, rows=256)
    assert not pays_to_take_stretches(4_096, rows=257)
    monkeypatch.setattr(products, "largest_tile", lambda: 0)
    assert not pays_to_take_stretches(128, rows=64)


@pytest.mark.parametrize(
    ("multiplications", "largest", "expected"),
    [(100, 10_000, 64), (100, 6_000, 48), (100, 3_200, 32), (100, 3_199, 500), (100, 0, 500)],
)
def test_tiles_have_rows_by_sixteens_or_all(multiplications: int, largest: int, expected: int) -> None:
    assert rows_of_tile(500, multiplications, largest) == expected
    assert rows_of_tile(0, 100, 0) == 1


@pytest.mark.parametrize("rows_of_large", [1, products.LARGE_ROWS], ids=["at once", "in tiles"])
@pytest.mark.parametrize("threads", [1, 2])
def test_kernels_that_no_near_cache_holds_are_the_same(
    threads: int, rows_of_large: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(products, "LARGE", 1)
    monkeypatch.setattr(products, "LARGE_ROWS", rows_of_large)
    layers = [Dense(300, Tanh()), Dense(700, Tanh()), Dense(65, Tanh()), output_for(MeanSquaredError())]
    found = check_same(layers, MeanSquaredError(), SGD(0.01), threads=threads, batch_size=40, epochs=2)
    assert found.threads == threads
