"""scikit-learn's face: its own checks, its own scores, and what a user of it expects."""

import pickle
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import datasets, neural_network
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from steelyard.nn import MLPClassifier, MLPRegressor
from steelyard.nn.activations import Gelu
from steelyard.nn.losses import Quantile
from steelyard.nn.optimizers import SGD

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
SEEDS = range(10)


@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks([MLPClassifier(), MLPRegressor()])  # type: ignore[untyped-decorator]
def test_scikit_learns_own_checks_pass(estimator: Any, check: Any) -> None:
    check(estimator)


CLASSIFIERS = MLPClassifier, neural_network.MLPClassifier
REGRESSORS = MLPRegressor, neural_network.MLPRegressor
BUDGETS = [
    ("digits", CLASSIFIERS, {"max_iter": 100, "learning_rate_init": 0.005}),
    ("breast_cancer", CLASSIFIERS, {"max_iter": 150, "learning_rate_init": 0.005}),
    ("wine", CLASSIFIERS, {"max_iter": 150, "learning_rate_init": 0.005}),
    ("diabetes", REGRESSORS, {"max_iter": 300, "learning_rate_init": 0.01}),
]


@pytest.mark.parametrize(("name", "estimators", "budget"), BUDGETS, ids=[name for name, _, _ in BUDGETS])
def test_held_out_scores_are_scikit_learns_within_the_spread_of_ten_seeds(
    name: str, estimators: Any, budget: dict[str, Any]
) -> None:
    x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.3, random_state=0)
    ours, theirs = (
        [
            make_pipeline(StandardScaler(), estimator(hidden_layer_sizes=(32,), random_state=seed, **budget))
            .fit(x_train, y_train)
            .score(x_test, y_test)
            for seed in SEEDS
        ]
        for estimator in estimators
    )
    assert np.mean(ours) > np.mean(theirs) - np.std(theirs) - 0.005


def test_parts_are_taken_by_name_or_as_themselves() -> None:
    x, y = datasets.load_iris(return_X_y=True)
    model = MLPClassifier((8,), Gelu(approximate=True), initializer="he_normal", optimizer=SGD(0.1, momentum=0.9))
    assert model.set_params(random_state=0, max_iter=300).fit(x, y).score(x, y) > 0.95
    with pytest.raises(ValueError, match="did you mean 'relu'"):
        MLPClassifier(activation="rleu").fit(x, y)


def test_the_same_seed_gives_the_same_bits_and_goes_on_after_pickling() -> None:
    x, y = datasets.load_wine(return_X_y=True)
    whole, cut = (MLPClassifier((5,), random_state=3, batch_size=32) for _ in range(2))
    for _ in range(4):
        whole.partial_fit(x, y, classes=[0, 1, 2])
    for _ in range(2):
        cut.partial_fit(x, y, classes=[0, 1, 2])
    resumed = pickle.loads(pickle.dumps(cut))  # the estimator's, not the service's
    for _ in range(2):
        resumed.partial_fit(x, y)
    assert whole.network_.parameters.tobytes() == resumed.network_.parameters.tobytes()
    assert len(whole.loss_curve_) == 4


def test_warm_start_goes_on_with_the_weights() -> None:
    x, y = datasets.load_iris(return_X_y=True)
    model = MLPClassifier((8,), max_iter=20, warm_start=True, random_state=0, learning_rate_init=0.01)
    first = model.fit(x, y).loss_
    assert model.fit(x, y).loss_ < first
    with pytest.raises(ValueError, match="class 7"):
        model.fit(x, np.full(len(y), 7))


def test_labels_keep_their_own_kind_and_pandas_its_names() -> None:
    bunch = datasets.load_iris(as_frame=True)
    labels = bunch.target_names[bunch.target]
    model = MLPClassifier((8,), max_iter=400, random_state=0, learning_rate_init=0.01).fit(bunch.data, labels)
    assert list(model.feature_names_in_) == list(bunch.data.columns)
    assert set(model.predict(bunch.data)) == set(bunch.target_names)
    assert model.predict_proba(bunch.data).shape == (150, 3)
    with pytest.raises(ValueError, match="feature names"):
        model.predict(bunch.data.rename(columns={bunch.data.columns[0]: "other"}))


def test_several_labels_and_several_targets() -> None:
    x, y = datasets.make_multilabel_classification(200, 10, n_classes=3, random_state=0)
    model = MLPClassifier((16,), max_iter=400, random_state=0, learning_rate_init=0.01).fit(x, y)
    assert model.predict(x).shape == y.shape
    assert model.score(x, y) > 0.6
    frame = pd.DataFrame(datasets.load_linnerud().data)
    assert MLPRegressor((4,), max_iter=5).fit(frame, datasets.load_linnerud().target).predict(frame).shape == (20, 3)


def test_quantiles_are_a_loss_like_any_other() -> None:
    x = np.random.default_rng(0).normal(size=(500, 1))
    y = np.random.default_rng(1).normal(size=500)
    model = MLPRegressor((), loss=Quantile(0.9), max_iter=300, learning_rate_init=0.02, random_state=0).fit(x, y)
    assert np.mean(y < model.predict(x)) == pytest.approx(0.9, abs=0.03)


def test_early_stopping_keeps_rows_back_and_the_best_weights() -> None:
    x, y = datasets.load_digits(return_X_y=True)
    model = MLPClassifier((32,), early_stopping=True, random_state=0, max_iter=500, learning_rate_init=0.01)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        model.fit(x / 16, y)
    assert model.n_iter_ < 500
    assert model.score(x / 16, y) > 0.97


def test_an_end_before_the_loss_is_steady_is_warned_of() -> None:
    x, y = datasets.load_iris(return_X_y=True)
    with pytest.warns(ConvergenceWarning, match="max_iter=3"):
        MLPClassifier(max_iter=3).fit(x, y)


def test_it_is_at_home_in_a_grid() -> None:
    x, y = datasets.load_wine(return_X_y=True)
    grid = {"mlpclassifier__initializer": ["zeros", "glorot_uniform"], "mlpclassifier__alpha": [0.0, 0.01]}
    model = make_pipeline(StandardScaler(), MLPClassifier((8,), max_iter=100, random_state=0, learning_rate_init=0.01))
    search = GridSearchCV(model, grid, cv=3).fit(x, y)
    assert search.best_params_["mlpclassifier__initializer"] == "glorot_uniform"
    assert search.best_score_ > 0.9
