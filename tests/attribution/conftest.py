"""An explainer on a store of its own, and models to explain, trained in this process."""

from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine

from steelyard.attribution.service import Explainer
from steelyard.datasets.reader_pool import Readers
from steelyard.inference.service import Predictor
from tests.trained import train_model


@pytest.fixture(scope="package")
def predictor(store: Engine) -> Predictor:
    """Loads the models."""
    return Predictor(store)


@pytest.fixture(scope="package")
def explainer(store: Engine, predictor: Predictor, readers: Readers) -> Explainer:
    """Explains the models."""
    return Explainer(store, predictor, readers)


@pytest.fixture(scope="package")
def linear(store: Engine) -> str:
    """A linear model of `y = 3a - 2b`, beside which `c` is noise."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(400, 3)) * [1, 2, 1] + [5, 0, 0]
    rows = [{"a": a, "b": b, "c": c, "y": 3 * a - 2 * b} for a, b, c in x.tolist()]
    data = {"inline": {"rows": rows}, "target": "y"}
    return train_model(store, {"data": data, "layers": [], "optimizer": "adam", "training": {"epochs": 300}})


@pytest.fixture(scope="package")
def customers() -> list[dict[str, Any]]:
    """A table with a category, a date, missing values, and a column of noise."""
    generator = np.random.default_rng(1)
    rows = []
    for number in range(500):
        plan, age = generator.choice(["basic", "plus", "pro"]), float(generator.normal(40, 10))
        left = bool(generator.random() < 1 / (1 + np.exp(-(3 * (plan == "basic") + 0.15 * (age - 40) - 1.5))))
        since, seen = f"2025-{1 + number % 12:02}-{1 + number % 28:02}", None if number % 9 == 0 else age
        rows.append({"plan": str(plan), "age": seen, "since": since, "noise": float(generator.normal()), "left": left})
    return rows


@pytest.fixture(scope="package")
def mixed(store: Engine, customers: list[dict[str, Any]]) -> str:
    """A model of which customers left."""
    data = {"inline": {"rows": customers}, "target": "left"}
    return train_model(store, {"data": data, "layers": [16], "optimizer": "adam", "training": {"epochs": 60}})
