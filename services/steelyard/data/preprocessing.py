"""Scaling: fitted on the training rows, kept with the model as numbers, applied by it at inference.

Each value is scaled by itself, in float64, so one row comes out with the same bits as among a million.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
METHODS = ("standard", "minmax", "robust", "none")


@dataclass(frozen=True)
class Preprocessor:
    """Takes `center` from each column and divides by `scale`; both `(columns,)` float64."""

    method: str
    center: NDArray[np.float64]
    scale: NDArray[np.float64]

    @classmethod
    def fit(cls, x: NDArray[np.float64], method: str) -> Self:
        """Fit to training rows `(rows, columns)`. scikit-learn's StandardScaler, MinMaxScaler and RobustScaler.

        A column without spread is divided by one.
        """
        match method:
            case "standard":
                center, scale = x.mean(axis=0), x.std(axis=0)
            case "minmax":
                center = x.min(axis=0)
                scale = x.max(axis=0) - center
            case "robust":
                lower, center, upper = np.percentile(x, [25, 50, 75], axis=0)
                scale = upper - lower
            case _:
                center, scale = np.zeros(x.shape[1]), np.ones(x.shape[1])
        # The spread of equal values may come out as a rounding error instead of zero.
        flat = scale <= 10 * np.finfo(np.float64).eps * np.maximum(np.abs(center), np.finfo(np.float64).tiny)
        return cls(method, center, np.where(flat, 1.0, scale))

    def transform(self, x: NDArray[np.float64], dtype: Any) -> Array:
        """Scaled columns `(rows, columns)` of `dtype`, contiguous."""
        return np.ascontiguousarray((x - self.center) / self.scale, dtype)

    def inverse(self, x: Array) -> NDArray[np.float64]:
        """The columns in their own units, from scaled ones."""
        return x.astype(np.float64) * self.scale + self.center

    def to_json(self) -> dict[str, Any]:
        """As values that JSON holds without loss."""
        return {"method": self.method, "center": self.center.tolist(), "scale": self.scale.tolist()}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """From what `to_json` gave."""
        return cls(
            document["method"], np.array(document["center"], np.float64), np.array(document["scale"], np.float64)
        )
