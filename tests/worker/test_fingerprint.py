"""The fingerprint names what the bits of a training depend on."""

import json
from importlib.metadata import version

import numpy as np

from steelyard_worker.fingerprint import engine_of, fingerprint
from tests.nn.networks import make_training
from tests.nn.newcomers import Gate


def test_it_names_the_libraries_that_compute_and_the_threads() -> None:
    found = fingerprint(3)
    assert {name: found[name] for name in ("numpy", "scipy", "numba")} == {
        name: version(name) for name in ("numpy", "scipy", "numba")
    }
    assert found["threads"] == 3
    assert fingerprint(1) == found | {"threads": 1}
    assert found["blas"] == "openblas"  # NumPy's, although SciPy loads another
    assert found["simd"] == np.show_config(mode="dicts")["SIMD Extensions"]["found"]


def test_it_is_stored_and_read_back_the_same() -> None:
    found = fingerprint(2)
    assert json.loads(json.dumps(found)) == found


def test_it_says_which_engine_makes_the_steps_and_why_not_the_compiled_one() -> None:
    assert engine_of(make_training(dtype="float32")) == {"engine": "compiled", "why_not_compiled": None}
    on_numpy = engine_of(make_training([Gate()]))
    assert on_numpy["engine"] == "numpy"
    assert on_numpy["why_not_compiled"]
