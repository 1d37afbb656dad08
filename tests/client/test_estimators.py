"""Estimators that train on the service stand in scikit-learn's pipelines, grids and scores."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from steelyard.client import InvalidRequest, MLPClassifier, MLPRegressor
from tests.service import Service

SHORT: dict[str, Any] = {"training": {"epochs": 40}, "optimizer": {"name": "adam", "learning_rate": 0.01}}


@pytest.fixture
def url(service: Service) -> str:
    return str(service.http.base_url)


def test_a_classifier_scores_in_a_pipeline_and_a_grid(url: str) -> None:
    rows, targets = load_iris(return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"])[targets]
    model = make_pipeline(StandardScaler(), MLPClassifier([16], url=url, **SHORT))
    assert cross_val_score(model, rows, names, cv=3).mean() > 0.9
    grid = GridSearchCV(MLPClassifier(url=url, **SHORT), {"layers": [[4], [16]]}, cv=2).fit(rows, targets)
    assert grid.best_estimator_.score(rows, targets) > 0.9
    assert grid.best_estimator_.classes_.tolist() == [0, 1, 2]


def test_probabilities_are_in_the_order_of_the_classes(url: str) -> None:
    rows, targets = load_iris(return_X_y=True)
    labels = np.array([10, 2, 7])[targets]  # their order as text is another
    model = MLPClassifier([16], url=url, **SHORT).fit(rows, labels)
    assert model.classes_.tolist() == [2, 7, 10]
    probabilities = model.predict_proba(rows)
    np.testing.assert_array_equal(model.classes_[probabilities.argmax(axis=1)], model.predict(rows))
    assert (model.predict(rows) == labels).mean() > 0.9


def test_a_frame_is_sent_with_its_categories_and_holes(url: str) -> None:
    frame = pd.DataFrame({"plan": ["a", "b", None, "a"] * 20, "size": [1.0, 2.0, 3.0, None] * 20})
    model = MLPClassifier([8], url=url, **SHORT).fit(frame, frame["plan"] == "a")
    assert model.predict(frame).dtype == bool
    assert model.score(frame, frame["plan"] == "a") > 0.9
    assert model.job_["data"]["features"] == ["plan", "size"]
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame.rename(columns={"plan": "other"}))
    with pytest.raises(ValueError, match="X has a column 'target'"):
        MLPClassifier(url=url).fit(frame.assign(target=1), frame["plan"] == "a")


def test_a_regressor_fits(url: str) -> None:
    rows, targets = load_diabetes(return_X_y=True)
    model = MLPRegressor([16], url=url, random_state=3, preprocessing={"target": "standard"}, **SHORT).fit(
        rows, targets
    )
    assert model.score(rows, targets) > 0.3
    assert model.job_["spec"]["training"]["seed"] == 3
    assert model.predict(rows[:2]).dtype == np.float64
    with pytest.raises(ValueError, match="X has 9 features, but MLPRegressor is expecting 10"):
        model.predict(rows[:, :9])


def test_rows_count_as_much_as_their_weights_say(url: str) -> None:
    draw = np.random.default_rng(0)
    rows = draw.normal(size=(120, 2))
    targets = np.where(np.arange(120) < 60, rows[:, 0], -rows[:, 0]) > 0
    for first in (1.0, 0.0):
        weights = np.where(np.arange(120) < 60, first, 1 - first)
        model = MLPClassifier([8], validation=None, url=url, **SHORT).fit(rows, targets, sample_weight=weights)
        assert model.score(rows, targets, sample_weight=weights) > 0.9
        assert model.n_features_in_ == 2
        assert model.job_["data"]["features"] == ["x0", "x1"]
    frame = pd.DataFrame(rows, columns=["a", "b"])
    regressor = MLPRegressor([8], validation=None, url=url, **SHORT).fit(frame, rows[:, 0], sample_weight=weights)
    assert regressor.job_["spec"]["data"]["sample_weight"] == "sample_weight"
    assert regressor.job_["data"]["features"] == ["a", "b"]
    assert regressor.predict(frame).shape == (120,)
    with pytest.raises(ValueError, match="sample_weight"):
        regressor.fit(frame, rows[:, 0], sample_weight=weights[:3])


def test_a_preset_is_that_of_the_job(url: str) -> None:
    rows, targets = load_iris(return_X_y=True)
    model = MLPClassifier(preset="sklearn", url=url).fit(rows, targets)
    assert model.job_["spec"]["preset"] == "sklearn"
    assert "scikit-learn 1.9" in {choice["path"]: choice["reason"] for choice in model.job_["choices"]}["/optimizer"]
    assert model.score(rows, targets) > 0.9


def test_what_the_service_refuses_is_told_with_its_place(url: str) -> None:
    rows, targets = load_iris(return_X_y=True)
    with pytest.raises(InvalidRequest, match="/activation"):
        MLPClassifier([4], activation="reluu", url=url).fit(rows, targets)
    with pytest.raises(ValueError, match="y has one class"):
        MLPClassifier([4], url=url).fit(rows, np.zeros(150))
    with pytest.raises(NotFittedError):
        MLPClassifier([4], url=url).predict(rows)


def test_a_clone_has_the_parameters_and_no_model() -> None:
    model = MLPClassifier([4, 2], activation="tanh", training={"epochs": 3}, url="http://127.0.0.1:1")
    model.model_id_ = "mdl_1"
    again = clone(model)
    assert again.get_params() == model.get_params()
    assert not hasattr(again, "model_id_")
