"""Linear models that a network is compared with: ridge regression, and softmax regression with an L2 penalty.

Both are fitted without a learning rate and without randomness, so that they show what the inputs alone allow. Inputs
are standardized first, which makes the fit independent of their scale.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
PENALTY = 1.0  # of the squared coefficients of standardized inputs, next to a sum over rows
ITERATIONS = 40
TOLERANCE = 1e-4  # of the largest gradient of the mean loss


@dataclass(frozen=True)
class LinearModel:
    """Outputs `x · coefficients + intercepts`.

    `coefficients` `(inputs, outputs)` are zero for inputs that were not used; `intercepts` `(outputs,)`.
    """

    coefficients: NDArray[np.float64]
    intercepts: NDArray[np.float64]

    def compute(self, x: Array) -> NDArray[np.float64]:
        """Outputs `(rows, outputs)` for inputs `(rows, inputs)`."""
        outputs: NDArray[np.float64] = x @ self.coefficients + self.intercepts
        return outputs

    @classmethod
    def fit_ridge(cls, x: Array, y: Array, weights: Array | None = None) -> Self:
        """Ridge regression of `y` `(rows, outputs)` on `x` `(rows, inputs)`.

        `(XᵀX + I) b = Xᵀy` on standardized inputs, the intercept without a penalty. Source: A. E. Hoerl, R. W. Kennard
        1970; scikit-learn, Ridge(alpha=1).
        """
        share = _shares(len(x), weights)
        scaled, center, scale = _standardize(x, share)
        mean = share @ y
        hessian = _hessian(scaled, share)
        coefficients = np.linalg.solve(hessian, scaled.T @ (share[:, None] * (y - mean)))
        return cls._unscaled(coefficients, mean, center, scale)

    @classmethod
    def fit_softmax(cls, x: Array, y: NDArray[np.int64], classes: int, weights: Array | None = None) -> Self:
        """Softmax regression of class indices `y` `(rows,)` on `x` `(rows, inputs)`.

        Steps with the fixed upper bound `½ XᵀX` of the Hessian (D. Böhning 1992) and Nesterov's momentum, which need
        no step size. The objective is that of scikit-learn's LogisticRegression(C=1).
        """
        share = _shares(len(x), weights)
        scaled, center, scale = _standardize(x, share)
        design = np.hstack([scaled, np.ones((len(x), 1))])
        ridge = np.append(np.full(scaled.shape[1], PENALTY / len(x)), 0.0)
        bound = 0.5 * (design.T @ (share[:, None] * design)) + np.diag(ridge + 1e-9)
        inverse = np.linalg.inv(bound)
        wanted = np.zeros((len(x), classes))
        wanted[np.arange(len(x)), y] = 1.0
        found = np.zeros((design.shape[1], classes))
        found[-1] = np.log(share @ wanted + 1e-9)
        ahead = found.copy()
        for step in range(1, ITERATIONS + 1):
            missed = share[:, None] * (softmax(design @ ahead) - wanted)
            gradient = design.T @ missed + ridge[:, None] * ahead
            if np.abs(gradient).max() < TOLERANCE:
                break
            moved = ahead - inverse @ gradient
            ahead = moved + (step - 1) / (step + 2) * (moved - found)
            found = moved
        return cls._unscaled(ahead[:-1], ahead[-1], center, scale)

    @classmethod
    def _unscaled(cls, coefficients: Array, intercepts: Array, center: Array, scale: Array) -> Self:
        """The model for inputs in their own units."""
        in_units = coefficients / scale[:, None]
        return cls(in_units, intercepts - center @ in_units)


def softmax(logits: Array) -> NDArray[np.float64]:
    """The probabilities `(rows, classes)` of logits."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return shares


def _shares(rows: int, weights: Array | None) -> NDArray[np.float64]:
    """The weight of each row; their sum is one."""
    given = np.ones(rows) if weights is None else weights.astype(np.float64)
    shares: NDArray[np.float64] = given / given.sum()
    return shares


def _standardize(x: Array, share: Array) -> tuple[Array, Array, Array]:
    center = share @ x
    scale = np.sqrt(share @ np.square(x - center))
    scale[~(scale > 1e-12 * np.abs(center))] = 1.0
    return (x - center) / scale, center, scale


def _hessian(scaled: Array, share: Array) -> NDArray[np.float64]:
    hessian: NDArray[np.float64] = scaled.T @ (share[:, None] * scaled)
    hessian[np.diag_indices_from(hessian)] += PENALTY / len(scaled)
    return hessian
