"""A table as people have them, and how it becomes a model."""

from typing import Any

import numpy as np
import pandas as pd

from tests.service import Service

ROWS = 600


def make_passengers() -> pd.DataFrame:
    """A table as people have them: categories, dates, holes, names, a number for each row."""
    generator = np.random.default_rng(7)
    sex = generator.choice(["male", "female"], ROWS)
    age = generator.normal(35, 12, ROWS).round(1)
    fare = generator.lognormal(3, 1, ROWS).round(2)
    port = generator.choice(["Southampton", "Cherbourg", "Queenstown"], ROWS, p=[0.7, 0.2, 0.1])
    chance = 1 / (1 + np.exp(-(2.5 * (sex == "female") - 0.04 * (age - 30) + 0.4 * np.log(fare) - 2.5)))
    return pd.DataFrame({
        "PassengerId": np.arange(1, ROWS + 1),
        "Name": [f"Passenger, Mr. Number {number}" for number in range(ROWS)],
        "Sex": sex,
        "Age": np.where(generator.random(ROWS) < 0.2, np.nan, age),
        "Fare": fare,
        "Embarked": pd.Series(port).where(generator.random(ROWS) > 0.02),
        "Boarded": pd.to_datetime("1912-04-10") + pd.to_timedelta(generator.integers(0, 5, ROWS), unit="D"),
        "Alone": generator.random(ROWS) < 0.6,
        "Survived": np.where(generator.random(ROWS) < chance, "yes", "no"),
    })  # fmt: skip


def upload(service: Service, content: bytes, name: str = "titanic.csv") -> dict[str, Any]:
    answer = service.http.post("/v1/datasets", files={"file": (name, content)})
    assert answer.status_code == 201, answer.text
    dataset: dict[str, Any] = answer.json()
    return dataset


def train(service: Service, dataset: str, **fields: Any) -> dict[str, Any]:
    spec = {"data": {"dataset": dataset, "target": "Survived"}, "layers": [16], **fields}
    spec["training"] = {"epochs": 30, **fields.get("training", {})}
    job = service.wait(service.post(spec)["id"])
    assert job["status"] == "succeeded", job["error"]
    return job


def without_ignored(answer: dict[str, Any]) -> dict[str, Any]:
    """Predictions without the columns that the file had beside the inputs."""
    return {key: value for key, value in answer.items() if key != "ignored_columns"}
