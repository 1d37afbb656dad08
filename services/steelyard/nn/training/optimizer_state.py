"""What an optimizer has kept, so that another training can go on with it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class OptimizerState:
    """What an optimizer has kept after `steps`: its slots by name and by tensor, and its scalars."""

    slots: Mapping[str, Mapping[str, Array]]
    scalars: Mapping[str, float]
    steps: int


Copy = Callable[[Mapping[str, Array], Mapping[str, Array]], None]


def copy_alike(into: Mapping[str, Array], source: Mapping[str, Array]) -> None:
    """Copy the tensors that agree in name and shape."""
    for name, tensor in into.items():
        if name in source and source[name].shape == tensor.shape:
            tensor[...] = source[name]
