"""What kernels ask of the processor."""

from typing import Any

import numpy as np
from llvmlite.binding import get_host_cpu_features
from numba import njit

from steelyard.nn.engines.compiled import machine


def test_loops_take_whole_registers_where_a_processor_has_512_bits() -> None:
    assert machine  # imported before the first function is compiled, as by every kernel

    @njit  # type: ignore[untyped-decorator]
    def double(values: Any) -> None:
        for place in range(len(values)):
            values[place] *= 2

    double(np.ones(64, np.float32))
    (assembly,) = double.inspect_asm().values()
    assert ("zmm" in assembly) == bool(get_host_cpu_features().get("avx512f"))
