"""The data sets that are there are what they say."""

import numpy as np
import pytest

from steelyard.data.builtin import BUILTINS, TARGET, load
from steelyard.data.supervision import supervise

GENERATED = [name for name, builtin in BUILTINS.items() if builtin.generated]


def test_those_of_the_contract_are_there() -> None:
    assert [*BUILTINS] == [
        "iris", "wine", "breast_cancer", "digits", "diabetes", "moons", "circles", "blobs", "spirals", "xor",
    ]  # fmt: skip


@pytest.mark.parametrize("name", BUILTINS)
def test_each_is_what_it_says(name: str) -> None:
    builtin, found = BUILTINS[name], supervise(load(name), [TARGET])
    assert (builtin.name, builtin.task, builtin.rows, builtin.features) == (
        name,
        found.task,
        found.rows,
        len(found.inputs),
    )
    assert all(np.isfinite(column.values.array).all() for column in found.inputs.values())


def test_labels_and_columns_have_their_own_names() -> None:
    iris = supervise(load("iris"), [TARGET])
    assert iris.classes == ["setosa", "versicolor", "virginica"]
    assert iris.features == ["sepal_length", "sepal_width", "petal_length", "petal_width"]
    assert supervise(load("digits"), [TARGET]).classes == [*range(10)]


@pytest.mark.parametrize("name", GENERATED)
def test_generated_data_heed_their_parameters(name: str) -> None:
    def draw(seed: int, noise: float = 0.3) -> list[bytes]:
        table = load(name, n_samples=41, noise=noise, seed=seed)
        assert table.rows == 41
        return [table.columns[column].values.array.tobytes() for column in table.names]

    assert draw(1) == draw(1)
    assert draw(1)[:2] != draw(2)[:2]
    assert draw(1)[:2] != draw(1, noise=0.2)[:2]


@pytest.mark.parametrize("name", GENERATED)
def test_noise_is_the_standard_deviation_of_a_coordinate(name: str) -> None:
    near, far = (load(name, n_samples=4000, noise=noise, seed=5) for noise in (0.0, 10.0))
    spread = far.columns["x0"].values.array.std() ** 2 - near.columns["x0"].values.array.std() ** 2
    assert spread**0.5 == pytest.approx(10, rel=0.05)
