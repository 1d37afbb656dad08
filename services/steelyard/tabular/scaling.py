"""Scaling of numbers: fitted on the training rows, kept with the model as numbers, applied by it at inference.

Each value is scaled by itself, in float64, so one row comes out with the same bits as among a million. What the
columns mean is not known here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from steelyard.errors import InvalidParameter, nearest

Array = NDArray[Any]
METHODS = ("standard", "minmax", "robust", "none")
ROUNDING = 10 * np.finfo(np.float64).eps


@dataclass(frozen=True)
class Scaler:
    """Takes `center` from each column and divides by `scale`; both `(columns,)` float64."""

    method: str
    center: NDArray[np.float64]
    scale: NDArray[np.float64]

    @classmethod
    def fit(cls, x: NDArray[np.float64], method: str) -> Self:
        """Fit to training rows.

        `standard` takes the mean and the standard deviation, `minmax` the least and the range, `robust` the median
        and the range between the quartiles; `none` leaves columns as they are.
        A column without spread, to rounding, is divided by one.

        Args:
            x: `(rows, columns)`, finite, at least one row.
            method: one of `METHODS`.

        Raises:
            InvalidParameter: the method is not known.

        Source: scikit-learn's StandardScaler, MinMaxScaler and RobustScaler, which give the same numbers.
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
            case "none":
                center, scale = np.zeros(x.shape[1]), np.ones(x.shape[1])
            case _:
                raise InvalidParameter("method", f"is {method!r}; {nearest(method, METHODS)}")
        # The spread of equal values may come out as a rounding error instead of zero.
        flat = scale <= ROUNDING * np.abs(center)
        return cls(method, center, np.where(flat, 1.0, scale))

    def transform(self, x: NDArray[np.float64], out: Array) -> Array:
        """Write the scaled columns to `out`, `(rows, columns)` of floats, and return that."""
        with np.errstate(over="ignore"):  # what is too large for `out` becomes infinite there
            if self.method == "none":
                out[...] = x
            else:
                np.divide(x - self.center, self.scale, out=out, casting="same_kind")
        return out

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
