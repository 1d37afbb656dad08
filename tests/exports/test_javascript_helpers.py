"""Each function of an exported JavaScript module, run by node, beside NumPy and SciPy."""

import json
import subprocess
from collections.abc import Iterable
from typing import Any

import numpy as np
from scipy import special

from steelyard.exports.javascript_helpers import ENCODE, HELPERS

SIZES = [0.0, 1e-9, 0.3, 1.0, 2.5, 5.999, 6.0, 40.0]


SCRIPT = """
const tried = (call) => { try { return call(); } catch (error) { return `${error.name}: ${error.message}`; } };
const plain = (key, value) => {
  if (value instanceof Float64Array) return Array.from(value);
  return Number.isNaN(value) ? "NaN" : value;
};
"""


def run(calls: Iterable[str]) -> list[Any]:
    """The values of calls of the functions; of one that throws, the error."""
    wanted = ", ".join(f"tried(() => {call})" for call in calls)
    script = ENCODE + "".join(HELPERS.values()) + SCRIPT + f"console.log(JSON.stringify([{wanted}], plain));"
    done = subprocess.run(["node", "--eval", script], capture_output=True, text=True, timeout=60, check=True)
    values: list[Any] = json.loads(done.stdout)
    return values


def test_functions_of_vectors_are_those_of_numpy_and_scipy() -> None:
    row, kernel = [0.5, -1.5, 3.0], np.arange(6.0).reshape(3, 2)
    x, large = f"new Float64Array({row})", "new Float64Array([1000, 1000, -1000])"
    calls = [
        f"affine({x}, {kernel.ravel().tolist()}, [1, 2], 2)",
        f"affine({x}, {kernel.ravel().tolist()}, null, 2)",
        f"softmax({large})",
        f"logSoftmax({large})",
        f"rowNormal({x}, [1, 2, 3], [0, 1, 0], 0.001)",
        "lookUp([1, 8, 3], [2], [[0, 2, [5, 6, 1, 2]]])",
    ]
    product = np.array(row) @ kernel
    expected = [
        product + np.array([1, 2]),
        product,
        special.softmax([1000, 1000, -1000]),
        special.log_softmax([1000, 1000, -1000]),
        (np.array(row) - np.mean(row)) / np.sqrt(np.var(row) + 0.001) * [1, 2, 3] + [0, 1, 0],
        [3, 1, 2],
    ]
    for got, reference in zip(run(calls), expected, strict=True):
        np.testing.assert_allclose(got, reference, rtol=1e-14)


def test_the_error_function_is_scipys() -> None:
    x = np.array([*SIZES, *(-size for size in SIZES)])
    np.testing.assert_allclose(run([f"{x.tolist()}.map(erf)"])[0], special.erf(x), rtol=1e-13)


def test_a_cell_is_read_as_the_service_reads_it() -> None:
    expected = [
        ("number({a: 2.5}, 'a', [])", 2.5),
        ("number({a: true}, 'a', [])", 1),
        ("number({a: null}, 'a', [])", "NaN"),
        ("number({}, 'a', [])", "NaN"),
        ("number({a: -999}, 'a', [-999])", "NaN"),
        ("number({a: new Date(1500)}, 'a', [])", 1.5),
        ("number({a: '1'}, 'a', [])", "TypeError: a must be a number"),
        ("findPlace({a: 'x'}, 'a', new Map([['x', 1]]), -1)", 1),
        ("findPlace({a: ' x\\t'}, 'a', new Map([['x', 1], [' x\\t', 2]]), -1)", 2),
        ("findPlace({a: ' x'}, 'a', new Map([['x', 1]]), -1)", 1),
        ("findPlace({}, 'a', new Map([['', 3]]), -1)", 3),
        ("findPlace({a: 7}, 'a', new Map([['7', 4]]), -1)", 4),
        ("findPlace({a: 'y'}, 'a', new Map([['x', 1]]), 9)", 9),
        ("findPlace({a: 'y'}, 'a', new Map([['x', 1]]), -1)", 'RangeError: the model does not accept "y" in a'),
        ("findPlace({a: 1.5}, 'a', new Map(), 0)", "TypeError: a must be a string"),
        ("checked([1, Infinity])", "RangeError: a number is too large for the model"),
        ("checked([1, 2])", [1, 2]),
    ]
    assert [*zip([call for call, _ in expected], run(call for call, _ in expected), strict=True)] == expected
