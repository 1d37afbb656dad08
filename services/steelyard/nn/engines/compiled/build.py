"""From the formulas of parts, and the templates of `kernels`, to machine code; once, and kept on disk."""

import atexit
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import Any

import numba
import numpy as np
from numba import cfunc, njit
from numba.core import caching
from numba.core.errors import NumbaError

from steelyard.nn.elementwise import PRIMITIVES
from steelyard.nn.engines.compiled.elementwise import INLINE
from steelyard.nn.engines.compiled.machine import KERNEL
from steelyard.nn.engines.support import NoCompiledForm

NN = Path(__file__).parents[2]


@cache
def _stamp() -> str:
    """A digest of everything that kernels are made of: a part's formula may be in any file of `steelyard.nn`."""
    digest = hashlib.sha256()
    for path in sorted(NN.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


@cache
def _folder() -> Path:
    """Where kernels are kept: beside this file; where nothing may be written, as in an image, in a copy of that."""
    own = Path(__file__).parent / "__pycache__"
    if os.access(own if own.is_dir() else own.parent, os.W_OK):
        return own
    copy = Path(tempfile.mkdtemp(prefix="steelyard-kernels-"))
    atexit.register(shutil.rmtree, copy, ignore_errors=True)
    if own.is_dir():
        shutil.copytree(own, copy, dirs_exist_ok=True)
    return copy


class Locator(caching.InTreeCacheLocator):
    """Tells numba where kernels are kept, and when those that are there have become old."""

    def get_cache_path(self) -> str:
        return str(_folder())

    def get_source_stamp(self) -> str:
        return _stamp()


@contextmanager
def _keeping_on_disk() -> Iterator[None]:
    """Let numba find our kernels by `Locator`, and what others compile as it does without us."""
    before = numba.config.CACHE_LOCATOR_CLASSES
    if "NUMBA_CACHE_DIR" not in os.environ:
        numba.config.CACHE_LOCATOR_CLASSES = f"{__name__}.{Locator.__name__}"
    try:
        yield
    finally:
        numba.config.CACHE_LOCATOR_CLASSES = before


def kept(function: Callable[..., Any]) -> Any:
    """A function that is called from Python, compiled; it does not hold Python's lock."""
    with _keeping_on_disk():
        return njit(cache=True, nogil=True, error_model="numpy")(function)


_made: dict[str, Any] = {}


def kernel(template: Callable[..., None], dtype: Any, part: str = "", **formulas: Callable[..., Any] | int) -> int:
    """The address of a kernel: of a template, with what it leaves open.

    Args:
        template: of `steelyard.nn.engines.compiled.kernels`.
        dtype: of its values; in the template, `DTYPE` and `SIZE`.
        part: the name of what `formulas` belong to; the same for the same formulas.
        formulas: what the template's open names stand for.
    """
    name = "_".join(filter(None, (template.__name__, part, np.dtype(dtype).name, _digest(formulas))))
    if name not in _made:
        try:
            _made[name] = _make(template, np.dtype(dtype), name, formulas)
        except (NumbaError, NotImplementedError) as error:
            [reason, *_] = str(error).strip().splitlines() or [type(error).__name__]
            raise NoCompiledForm(f"the kernel of {part or template.__name__!r} does not compile: {reason}") from error
    return int(_made[name].address)


def _make(template: Callable[..., None], dtype: np.dtype[Any], name: str, formulas: Mapping[str, Any]) -> Any:
    given = {
        key: njit(**INLINE)(typed(value, dtype.type)) if callable(value) else value for key, value in formulas.items()
    }
    function = _filled(template, name, {**given, **_of_values(dtype)})
    with _keeping_on_disk():
        return cfunc(KERNEL, cache=True, error_model="numpy")(function)


def _digest(formulas: Mapping[str, Any]) -> str:
    """Of the text of formulas, which may stand outside the trainer's files; empty where there are none."""
    if not formulas:
        return ""
    text = repr([(key, _text(value) if callable(value) else value) for key, value in formulas.items()])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@cache
def _text(formula: Any) -> str:
    """All that the kernel of a formula depends on: its code, and that of the formulas and numbers that it names."""
    if formula in PRIMITIVES:
        return str(formula.__name__)
    code, names = formula.__code__, formula.__globals__
    used = [(name, _text(names[name]) if callable(names[name]) else names[name]) for name in code.co_names]
    constants = [each for each in code.co_consts if not isinstance(each, str)]
    return repr((code.co_code, constants, code.co_varnames[: code.co_argcount], used))


def _of_values(dtype: np.dtype[Any]) -> dict[str, Any]:
    return {"DTYPE": numba.from_dtype(dtype), "SIZE": dtype.itemsize}


def _filled(template: Any, name: str, given: dict[str, Any]) -> FunctionType:
    """The template with its open names bound; under a name of its own, by which numba keeps it."""
    function = FunctionType(template.__code__, template.__globals__ | given, name)
    function.__qualname__ = name
    function.__module__ = template.__module__
    return function


def typed(formula: Any, dtype: Any) -> FunctionType:
    """The formula with its constants in one precision: to numba, `0.5` is a float64 and makes all others such."""
    code = formula.__code__
    constants = tuple(dtype(each) if isinstance(each, float) else each for each in code.co_consts)
    names = {name: _typed_global(formula.__globals__[name], dtype) for name in code.co_names}
    names["__name__"] = formula.__module__  # numba asks for it when it loads what it kept
    return FunctionType(code.replace(co_consts=constants), names, formula.__name__)


def _typed_global(value: Any, dtype: Any) -> Any:
    if isinstance(value, float):
        return dtype(value)
    if isinstance(value, FunctionType) and value not in PRIMITIVES:
        return njit(**INLINE)(typed(value, dtype))
    return value
