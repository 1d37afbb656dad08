"""Models to compare."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from sqlalchemy import Engine, delete

from steelyard.models.library import get_model
from steelyard.store import tensors
from steelyard.store.engine import writing
from steelyard.store.tables import Snapshot, Tensor
from tests import trained

IRIS: dict[str, Any] = {
    "data": {"builtin": "iris"},
    "layers": [8, 6],
    "optimizer": "adam",
    "training": {"epochs": 20, "batch_size": 32},
}


def iris(**changes: Any) -> dict[str, Any]:
    """A job that learns irises; `training` settings are added to the others."""
    training = IRIS["training"] | changes.pop("training", {})
    return IRIS | changes | {"training": training}


def final_weights(engine: Engine, model: str) -> dict[str, np.ndarray]:
    """The weights of a model."""
    return trained.weights(engine, get_model(engine, model).job)


def train_with(engine: Engine, job: dict[str, Any], weights: Mapping[str, np.ndarray]) -> str:
    """A model of this job that has other weights."""
    model = trained.train_model(engine, job)
    job_id = get_model(engine, model).job
    with writing(engine) as connection:
        for table in (Tensor.snapshot, Snapshot.name):
            connection.execute(delete(table.class_).where(table.class_.job_id == job_id, table == "final"))
        tensors.save(connection, job_id, "final", epoch=1, values=weights)
    return model
