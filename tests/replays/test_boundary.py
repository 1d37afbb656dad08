"""What a network answers over a grid."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from steelyard.errors import ValidationFailed
from steelyard.replays import work
from steelyard.replays.schema import DecisionBoundary
from steelyard.replays.service import Replayer
from tests import trained
from tests.replays.jobs import mixed
from tests.traces.jobs import plain, rows


def draw(replayer: Replayer, job: str, **asked: Any) -> DecisionBoundary:
    return replayer.draw_boundary(job, **{"x": None, "y": None, "target": None, "epoch": None} | asked)


def test_the_last_grid_is_what_the_model_predicts(client: FlaskClient, database: Engine) -> None:
    job = trained.train(database, mixed())
    epoch = job.progress.epoch if job.stopping is None else job.stopping.weights_epoch
    found = client.get(f"/v1/jobs/{job.id}/decision-boundary?x=age&y=country&epoch={epoch}").json
    [grid] = found["grids"]
    inputs = [found["others"] | {"age": x, "country": y} for y in found["y"]["values"] for x in found["x"]["values"]]
    said = client.post(f"/v1/models/{job.model}/predict", json={"inputs": inputs}).json
    predicted = [found["classes"][place] for row in grid["predicted"] for place in row]
    assert predicted == said["predictions"]
    probabilities = [probability for row in grid["probability"] for probability in row]
    assert probabilities == pytest.approx([max(each) for each in said["probabilities"]], abs=1e-4)


def test_every_stored_epoch_has_a_grid(store: Engine, replayer: Replayer) -> None:
    job = trained.train(store, {"data": {"builtin": "iris"}, "layers": [8], "training": {"epochs": 8}})
    found = draw(replayer, job.id)
    assert [grid.epoch for grid in found.grids] == [0, 1, 2, 3, 4, 6, 8]
    assert (found.x.name, found.x.kind) == ("sepal_length", "numeric")
    assert all(len(grid.predicted or ()) == 48 for grid in found.grids)
    assert len({str(grid.predicted) for grid in found.grids}) > 1
    assert len(found.points.rows) == len(found.points.target) == 120
    assert {*found.points.target} == {0, 1, 2}
    with pytest.raises(ValidationFailed, match="stored after these epochs"):
        draw(replayer, job.id, epoch=7)


def test_regression_has_values_in_the_units_of_the_target(store: Engine, replayer: Replayer) -> None:
    job = trained.train(store, {"data": {"builtin": "diabetes"}, "layers": [16], "training": {"epochs": 30}})
    grid = draw(replayer, job.id, x="bmi", y="bp").grids[-1]
    assert grid.value is not None
    values = [value for row in grid.value for value in row if value is not None]
    assert 50 < min(values) < max(values) < 400
    assert grid.predicted is None


def test_one_column_makes_a_line(store: Engine, replayer: Replayer) -> None:
    inline = {"x": [[number / 10] for number in range(20)], "y": [number / 5 for number in range(20)]}
    found = draw(replayer, trained.train(store, plain(data={"inline": inline})).id)
    assert found.y is None
    assert found.points.y is None
    assert [len(row) for row in found.grids[0].value or ()] == [48]


def test_one_of_several_labels_is_chosen(store: Engine, replayer: Replayer) -> None:
    job = trained.train(store, plain(data=rows("multilabel"), task="multilabel", loss="auto"))
    first, second = draw(replayer, job.id), draw(replayer, job.id, target=job.data.targets[1])
    assert first.classes == [False, True]
    assert first.grids[-1].probability != second.grids[-1].probability
    assert all(probability >= 0.5 for row in second.grids[-1].probability or () for probability in row if probability)
    with pytest.raises(ValidationFailed, match="no target has that name"):
        draw(replayer, job.id, target="other")


def test_a_loss_without_probabilities_gives_none(store: Engine, replayer: Replayer) -> None:
    job = trained.train(store, plain(data=rows("binary"), task="binary", loss="hinge"))
    grid = draw(replayer, job.id, epoch=1).grids[0]
    assert grid.probability is None
    assert grid.predicted is not None


def test_many_epochs_of_a_large_network_are_asked_for_one_by_one(
    store: Engine, replayer: Replayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = trained.train(store, plain())
    monkeypatch.setattr(work, "MOST_PRODUCTS", 1)
    with pytest.raises(ValidationFailed, match="only one of the 2 epochs"):
        draw(replayer, job.id)
    assert len(draw(replayer, job.id, epoch=1).grids) == 1
