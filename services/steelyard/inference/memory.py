"""How much memory an object holds, with all that only it leads to."""

import gc
import sys
import types
from typing import Any

import numpy as np

SHARED = (  # with everything that these lead to
    type,
    types.ModuleType,
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    types.CodeType,
    types.GetSetDescriptorType,
)
OVERHEAD = 1.25  # what the allocator adds, measured on small models


def held_bytes(root: Any, *, beside: Any = None) -> int:
    """About the memory of an object and of all that it refers to: without classes, functions and what `beside` has."""
    seen: set[int] = set()
    _held(beside, seen)
    return int(_held(root, seen) * OVERHEAD)


def _held(root: Any, seen: set[int]) -> int:
    waiting, held = [root], 0
    while waiting:
        found = waiting.pop()
        if id(found) in seen or isinstance(found, SHARED):
            continue
        seen.add(id(found))
        held += sys.getsizeof(found)
        # NumPy does not tell the collector what a view is a view of.
        waiting += [found.base] if isinstance(found, np.ndarray) else gc.get_referents(found)
    return held
