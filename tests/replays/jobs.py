"""Jobs for replays, with the columns that a file may have."""

from typing import Any

import numpy as np

from tests.traces.jobs import plain

ROWS = 60


def mixed(**changes: Any) -> dict[str, Any]:
    """A job with numbers, categories, booleans and dates, of two classes."""
    generator = np.random.default_rng(0)
    age, income = generator.integers(18, 80, ROWS), generator.normal(3000, 500, ROWS).round(2)
    rows = [
        {
            "age": int(age[row]),
            "income": None if row == 7 else float(income[row]),
            "country": ["DE", "DE", "FR", "IT"][row % 4],
            "member": bool(row % 3),
            "since": f"20{10 + row % 9}-03-0{1 + row % 9}",
            "bought": "yes" if age[row] > 45 else "no",
        }
        for row in range(ROWS)
    ]
    job = {
        "data": {"inline": {"rows": rows}, "target": "bought"},
        "layers": [5],
        "activation": "relu",
        "training": {"epochs": 4, "batch_size": 16},
    }
    return job | changes


def noisy() -> dict[str, Any]:
    """A job with all that makes a probe differ from training: noise, normalization, weighted rows."""
    return {
        "data": {"builtin": "wine"},
        "layers": [8, {"type": "batch_normalization"}, {"type": "dropout", "rate": 0.3}, 6],
        "activation": "tanh",
        "regularizer": "l2",
        "training": {"epochs": 6, "class_weight": "balanced"},
    }


def residual() -> dict[str, Any]:
    """A job with a layer inside a block."""
    return plain(layers=[4, {"type": "residual", "layers": [{"type": "dense", "units": 4}]}])
