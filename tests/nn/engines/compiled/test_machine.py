"""What kernels ask of the processor."""

from typing import Any

import numpy as np
from llvmlite.binding import get_host_cpu_features
from numba import njit

import steelyard.nn.engines.compiled.machine  # noqa: F401 -- as by every kernel, before the first function is compiled


def test_loops_take_whole_registers_where_a_processor_has_512_bits() -> None:
    @njit  # type: ignore[untyped-decorator]
    def double(values: Any) -> None:
        for place in range(len(values)):
            values[place] *= 2

    double(np.ones(64, np.float32))
    (assembly,) = double.inspect_asm().values()
    assert ("zmm" in assembly) == bool(get_host_cpu_features().get("avx512f"))
