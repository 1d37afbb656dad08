"""The data sets that are there are what they say."""

import numpy as np
import pytest
from sklearn import datasets

from steelyard.tabular.builtin import BUILTINS, TARGET, load
from steelyard.tabular.supervision import supervise

REAL = [name for name, builtin in BUILTINS.items() if not builtin.generated]
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


@pytest.mark.parametrize("name", REAL)
def test_real_ones_are_scikit_learns_to_the_last_bit(name: str) -> None:
    bunch = getattr(datasets, f"load_{name}")()
    found = supervise(load(name), [TARGET])
    assert np.stack([column.values.array for column in found.inputs.values()], axis=1).tobytes() == bunch.data.tobytes()
    labels = bunch.get("target_names") if found.task != "regression" else None
    theirs = bunch.target if labels is None or name == "digits" else labels[bunch.target]
    assert load(name).columns[TARGET].values.to_list() == theirs.tolist()


@pytest.mark.parametrize(
    ("name", "theirs", "tolerance"),
    [
        ("moons", datasets.make_moons(60, noise=None), 1e-12),
        ("circles", datasets.make_circles(60, factor=0.5), 2 * np.pi / 60),  # its inner points lie between ours
    ],
)
def test_shapes_are_scikit_learns(name: str, theirs: tuple[np.ndarray, np.ndarray], tolerance: float) -> None:
    table = load(name, n_samples=60, noise=0.0)
    ours = np.stack([table.columns[column].values.array for column in ("x0", "x1", TARGET)], axis=1)
    for label in (0, 1):
        mine, other = ours[ours[:, 2] == label, :2], theirs[0][theirs[1] == label]
        apart = np.linalg.norm(mine[:, None] - other[None], axis=2)
        assert len(mine) == len(other)
        assert max(apart.min(axis=0).max(), apart.min(axis=1).max()) <= tolerance


def test_clouds_have_their_centers_on_the_unit_circle() -> None:
    table = load("blobs", n_samples=9000, noise=0.1)
    x = np.stack([table.columns[column].values.array for column in ("x0", "x1")], axis=1)
    centers = np.array([x[table.columns[TARGET].values.array == label].mean(axis=0) for label in range(3)])
    assert np.linalg.norm(centers, axis=1) == pytest.approx([1, 1, 1], abs=0.01)
    assert centers.sum(axis=0) == pytest.approx([0, 0], abs=0.01)


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
