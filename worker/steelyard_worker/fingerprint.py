"""What the bits of a training depend on beside its specification: libraries, processor kernel, threads."""

import platform
from functools import cache
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info

import steelyard


@cache
def fingerprint() -> dict[str, Any]:
    """The numeric fingerprint of this process."""
    blas: dict[str, Any] = next(
        (pool for pool in threadpool_info() if pool["user_api"] == "blas" and "numpy" in pool["filepath"]), {}
    )
    simd = np.show_config(mode="dicts")["SIMD Extensions"]
    return {
        "steelyard": steelyard.__version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "blas": blas.get("internal_api"),
        "blas_version": blas.get("version"),
        "blas_kernel": blas.get("architecture"),
        "blas_threads": blas.get("num_threads"),
        "simd": simd.get("found", []),
        "machine": platform.machine(),
    }
