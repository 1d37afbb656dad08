"""Losses: what training makes small."""

from steelyard.nn.component import load_modules
from steelyard.nn.losses.base import LOSSES, Categorical, Cost, Loss, Pointwise
from steelyard.nn.losses.classification import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    CategoricalFocalCrossentropy,
    Hinge,
)
from steelyard.nn.losses.regression import (
    HalfSquaredError,
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanSquaredError,
    Poisson,
    Quantile,
)

__all__ = [
    "LOSSES",
    "BinaryCrossentropy",
    "Categorical",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "Cost",
    "HalfSquaredError",
    "Hinge",
    "Huber",
    "LogCosh",
    "Loss",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "Pointwise",
    "Poisson",
    "Quantile",
]

load_modules(__name__, __path__)
