"""What the exact result of a training depends on besides its specification: libraries, BLAS kernel, threads."""

import platform
from functools import cache
from typing import Any

import numba
import numpy as np
import scipy
from threadpoolctl import threadpool_info

import steelyard
from steelyard.nn.training.ensemble import AnyTraining


@cache
def fingerprint(threads: int) -> dict[str, Any]:
    """The numeric fingerprint of this process, which trains with at most `threads` threads."""
    blas: dict[str, Any] = next(
        (pool for pool in threadpool_info() if pool["user_api"] == "blas" and "numpy" in pool["filepath"]), {}
    )
    simd = np.show_config(mode="dicts")["SIMD Extensions"]
    return {
        "steelyard": steelyard.__version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "numba": numba.__version__,
        "blas": blas.get("internal_api"),
        "blas_version": blas.get("version"),
        "blas_kernel": blas.get("architecture"),
        "blas_threads": blas.get("num_threads"),
        "threads": threads,
        "simd": simd.get("found", []),
        "machine": platform.machine(),
    }


def engine_of(training: AnyTraining) -> dict[str, Any]:
    """The engine of a training, and the reason if it is not the compiled one."""
    return {"engine": training.engine, "why_not_compiled": training.why_not_compiled}
