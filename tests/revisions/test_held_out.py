"""The rows on which models are compared."""

import numpy as np
import pytest
from sqlalchemy import Engine

from steelyard.datasets.reader_pool import Readers
from steelyard.errors import NotFound
from steelyard.inference.service import Predictor
from steelyard.revisions.held_out import count_disagreements, load_job_data
from tests import trained
from tests.revisions.models import iris


@pytest.mark.parametrize(
    ("changes", "split", "rows"),
    [
        ({}, "validation", 30),
        ({"validation": None, "test": {"fraction": 0.1}}, "test", 15),
        ({"validation": None}, "train", 150),
    ],
)
def test_rows_are_those_that_the_job_kept_back(
    store: Engine, readers: Readers, changes: dict[str, object], split: str, rows: int
) -> None:
    model = trained.train_model(store, iris(**changes, training={"epochs": 1}))
    data = load_job_data(store, readers, model)
    assert data is not None
    assert (data.held_out[0], len(data.held_out[1])) == (split, rows)
    _, loaded = Predictor(store).get(model)
    encoded = data.encode(loaded, np.array([3, 5]))
    assert encoded is not None
    assert encoded.shape == (2, 4)


def test_a_model_that_is_not_there_is_not_found(store: Engine, readers: Readers) -> None:
    with pytest.raises(NotFound):
        load_job_data(store, readers, "mdl_x")


def test_what_counts_as_another_answer() -> None:
    classes = np.array([0, 1, 2]), np.array([0, 2, 2])
    assert count_disagreements(*classes, np.zeros(3)) == (1, None)
    labels = np.array([[0, 1], [1, 1]]), np.array([[0, 1], [0, 0]])
    assert count_disagreements(*labels, np.zeros(2)) == (1, None)
    targets = np.array([[0.0], [2000.0]])  # a standard deviation of 1000
    numbers = np.array([[1.0], [2.0]]), np.array([[1.5], [3.5]])
    assert count_disagreements(*numbers, targets) == (1, 1.0)
