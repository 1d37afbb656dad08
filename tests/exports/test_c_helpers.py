"""Each function of an exported C file, compiled without the others, beside NumPy and SciPy."""

import ctypes
import subprocess
from pathlib import Path

import numpy as np
import pytest
from scipy import special

from steelyard.exports.c_helpers import HELPERS

HEAD = "#include <math.h>\n#include <stddef.h>\n#include <string.h>\ntypedef float weight;\n"
FLAGS = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-Wno-unused-function", "-O2", "-shared", "-fPIC"]
DOUBLES = np.ctypeslib.ndpointer(np.float64, flags="C")
FLOATS = np.ctypeslib.ndpointer(np.float32, flags="C")
ROWS = (np.array([0.5, -1.5, 3.0]), np.array([1000.0, 1000.0, -1000.0]), np.array([-2.0]))


class Known(ctypes.Structure):
    """A category and its place."""

    _fields_ = (("text", ctypes.c_char_p), ("place", ctypes.c_int))


def compiled(name: str, folder: Path) -> ctypes.CDLL:
    """A library of this function alone. It is `static` in the file, and must be seen here."""
    file, library = folder / f"{name}.c", folder / f"{name}.so"
    file.write_text(HEAD + HELPERS[name].replace("static ", ""))
    subprocess.run(["gcc", *FLAGS, str(file), "-o", str(library), "-lm"], check=True, timeout=60)
    return ctypes.CDLL(str(library))


@pytest.mark.parametrize(("name", "reference"), [("maximum", np.maximum), ("minimum", np.minimum), ("sign", np.sign)])
def test_functions_of_numbers_are_numpys_also_for_nan(name: str, reference: np.ufunc, tmp_path: Path) -> None:
    function = getattr(compiled(name, tmp_path), name)
    function.restype, function.argtypes = ctypes.c_double, [ctypes.c_double] * reference.nin
    numbers = [(2.0, -3.0), (-3.0, 2.0), (0.0, 0.0), (np.inf, -np.inf)]
    if reference.nin == 2:  # of a NaN, NumPy has no sign, and C the sign 0
        numbers += [(np.nan, 1.0), (1.0, np.nan)]
    for pair in numbers:
        arguments = pair[: reference.nin]
        np.testing.assert_equal(function(*arguments), float(reference(*arguments)))


def test_affine_is_a_product_with_the_kernel_and_may_have_no_bias(tmp_path: Path) -> None:
    affine = compiled("affine", tmp_path).affine
    affine.restype = None
    x, kernel = np.array([1.0, -2.0, 0.5]), np.arange(12, dtype=np.float32).reshape(3, 4)
    bias = np.array([1, 2, 3, 4], np.float32)
    for each in (bias, None):
        affine.argtypes = [DOUBLES, ctypes.c_int, FLOATS, FLOATS if each is not None else ctypes.c_void_p]
        affine.argtypes += [ctypes.c_int, DOUBLES]
        y = np.full(4, np.nan)
        affine(x, 3, kernel, each, 4, y)
        np.testing.assert_allclose(y, x @ kernel + (0 if each is None else each))


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_softmax_is_scipys_for_large_numbers_too(name: str, row: np.ndarray, tmp_path: Path) -> None:
    function = getattr(compiled(name, tmp_path), name)
    function.restype, function.argtypes = None, [DOUBLES, ctypes.c_int]
    x = row.copy()
    function(x, len(x))
    np.testing.assert_allclose(x, getattr(special, name)(row), rtol=1e-14, atol=1e-300)


def test_layer_normalization_has_mean_beta_and_deviation_gamma(tmp_path: Path) -> None:
    normal = compiled("row_normal", tmp_path).row_normal
    normal.restype, normal.argtypes = None, [DOUBLES, ctypes.c_int, FLOATS, FLOATS, ctypes.c_double]
    row = np.array([1.0, 4.0, -2.0, 8.0])
    gamma, beta = np.array([1, 2, 3, 4], np.float32), np.array([0, 1, 0, -1], np.float32)
    x = row.copy()
    normal(x, 4, gamma, beta, 1e-3)
    np.testing.assert_allclose(x, (row - row.mean()) / np.sqrt(row.var() + 1e-3) * gamma + beta)


def test_a_category_is_found_as_it_is_before_it_is_found_without_spaces(tmp_path: Path) -> None:
    library = compiled("find_place", tmp_path)
    library.find_place.argtypes = [ctypes.c_char_p, ctypes.POINTER(Known), ctypes.c_int, ctypes.c_int]
    places = (Known * 4)(Known(b"Bonn", 0), Known(b" Bonn", 1), Known(b"", 2), Known("Köln".encode(), 3))
    expected = {b"Bonn": 0, b" Bonn": 1, b"\t Bonn\n": 0, b"": 2, b"  ": 2, None: 2, "Köln ".encode(): 3}
    for text, place in (expected | {b"bonn": -1, b"Bonn x": -1, b"Bon": -1}).items():
        assert library.find_place(text, places, len(places), -1) == place, text
