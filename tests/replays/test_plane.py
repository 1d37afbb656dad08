"""Two columns as a grid."""

import numpy as np
import pytest
from sqlalchemy import Engine

from steelyard.datasets.reader_pool import Readers
from steelyard.errors import ValidationFailed
from steelyard.replays.job import open_job
from steelyard.replays.plane import GRID, Plane
from tests import trained
from tests.replays.jobs import ROWS, mixed


@pytest.fixture(scope="module")
def plane(store: Engine, readers: Readers) -> Plane:
    return open_job(store, readers, trained.train(store, mixed(validation=None)).id).plane


def test_columns_have_the_lines_of_their_kind(plane: Plane) -> None:
    lines = {name: feature.write(feature.lines) for name, feature in plane.features.items()}
    assert lines["country"] == ["DE", "FR", "IT"]
    assert lines["member"] == [False, True]
    assert len(lines["age"]) == GRID
    ages = plane.features["age"].points.array
    assert lines["age"][0] < ages.min() < ages.max() < lines["age"][-1]
    assert lines["since"][0] < "2010-03-01" < "2018-03-09" < lines["since"][-1]
    assert len(plane.rows) == ROWS


def test_the_others_are_at_their_median_or_most_frequent_value(plane: Plane) -> None:
    typical = {name: plane.features[name].typical for name in ("age", "country", "member")}
    assert typical["age"] == np.median(plane.features["age"].points.array)
    assert plane.features["country"].labels is not None
    assert plane.features["country"].labels[int(typical["country"])] == "DE"
    assert typical["member"] == 1


def test_rows_of_the_grid_vary_in_the_two_columns_alone(plane: Plane) -> None:
    x = plane.encode("age", "country", np.float64).reshape(3, GRID, -1)
    places = plane.encoder.places
    assert (np.ptp(x, axis=(0, 1)) > 0).nonzero()[0].tolist() == sorted([*places["age"], *places["country"][:3]])
    assert (np.diff(x[0, :, places["age"][0]]) > 0).all()
    assert len(plane.encode("age", None, np.float64)) == GRID


def test_axes_are_chosen_and_checked(plane: Plane) -> None:
    assert plane.choose(None, None) == ("age", "income")
    assert plane.choose(None, "age") == ("income", "age")
    assert plane.choose("country", "age") == ("country", "age")
    for x, y, detail in (("agee", None, "did you mean 'age'"), ("age", "age", "another column")):
        with pytest.raises(ValidationFailed) as caught:
            plane.choose(x, y)
        assert detail in caught.value.faults[0].detail
