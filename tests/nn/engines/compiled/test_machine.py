"""What kernels ask of the processor."""

from typing import Any

import numba
import numpy as np
import pytest
from llvmlite.binding import get_host_cpu_features
from numba import njit

from steelyard.nn.engines.compiled.machine import address_of, dot  # before the first function is compiled


def test_loops_take_whole_registers_where_a_processor_has_512_bits() -> None:
    @njit  # type: ignore[untyped-decorator]
    def double(values: Any) -> None:
        for place in range(len(values)):
            values[place] *= 2

    double(np.ones(64, np.float32))
    (assembly,) = double.inspect_asm().values()
    assert ("zmm" in assembly) == bool(get_host_cpu_features().get("avx512f"))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("count", [0, 1, 7, 16, 64, 100])
def test_products_are_added_up_to_rounding(count: int, dtype: str) -> None:
    kind = numba.from_dtype(np.dtype(dtype))

    @njit  # type: ignore[untyped-decorator]
    def ask(a: Any, b: Any, count: Any) -> Any:
        return dot(a, b, count, kind)

    a, b = np.random.default_rng(0).normal(size=(2, count + 1)).astype(dtype)
    found = ask(address_of(a[1:]), address_of(b[1:]), count)  # on no boundary of a register
    assert found == pytest.approx(float(np.dot(a[1:].astype(float), b[1:].astype(float))), rel=1e-5, abs=1e-6)
