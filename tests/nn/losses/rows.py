"""Rows for the tests of losses."""

import numpy as np

from steelyard.nn.losses import Cost, Loss

GENERATOR = np.random.default_rng(0)
LOGITS = GENERATOR.normal(size=(20, 4)) * 3
CLASSES = GENERATOR.integers(4, size=20)
VALUES = GENERATOR.normal(size=LOGITS.shape)
LABELS = GENERATOR.integers(2, size=LOGITS.shape).astype(float)


def value(loss: Loss, outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray | None = None) -> float:
    rows, units = outputs.shape
    return Cost(loss, rows, units, outputs.dtype).value(outputs, targets, weights)
