"""What is compared: Steelyard's defaults, and peers with theirs. Every contender uses one thread.

A contender takes a frame (`target` among its columns), which rows are for the test, and a seed. It gives predictions
for the test rows: probabilities with their classes, or values.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import xgboost
from benchmarks.defaults.data_sets import TARGET
from benchmarks.defaults.real_mlp import RealMLP
from benchmarks.defaults.steelyard_job import train
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor, make_column_selector
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelEncoder, OneHotEncoder, StandardScaler

Predictions = tuple[NDArray[Any], list[str] | None]
Contender = Callable[[pd.DataFrame, NDArray[np.bool_], int], Predictions]


def is_classification(frame: pd.DataFrame) -> bool:
    """Whether the target is a class."""
    return isinstance(frame[TARGET].dtype, pd.CategoricalDtype)


def steelyard(frame: pd.DataFrame, test: NDArray[np.bool_], seed: int, *, spec: Mapping[str, Any]) -> Predictions:
    """A job with what `spec` says beside its data."""
    found = train(frame, test, {**spec, "training": {"seed": seed, **spec.get("training", {})}})
    return found.predictions, None if found.classes is None else [str(label) for label in found.classes]


def scikit_learn(
    frame: pd.DataFrame, test: NDArray[np.bool_], seed: int, *, classifier: Any, regressor: Any, seeded: bool = True
) -> Predictions:
    """An estimator behind scaled numbers and one-hot categories; targets of regression are scaled, too."""
    x, y = frame.drop(columns=TARGET), frame[TARGET]
    of_seed = {"random_state": seed} if seeded else {}
    if is_classification(frame):
        model = make_pipeline(_preparation(), classifier(**of_seed))
        model.fit(x[~test], y[~test].astype(str))
        return model.predict_proba(x[test]), list(model.classes_)
    inner = make_pipeline(_preparation(), regressor(**of_seed))
    scaled = TransformedTargetRegressor(inner, transformer=StandardScaler())
    return scaled.fit(x[~test], y[~test]).predict(x[test]), None


def _preparation() -> ColumnTransformer:
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    categories = make_pipeline(
        SimpleImputer(strategy="constant", fill_value="missing"),
        OneHotEncoder(handle_unknown="ignore", sparse_output=False),
    )
    return ColumnTransformer(
        [
            ("numbers", numbers, make_column_selector(dtype_exclude="category")),
            ("categories", categories, make_column_selector(dtype_include="category")),
        ]
    )


def trees(
    frame: pd.DataFrame, test: NDArray[np.bool_], seed: int, *, classifier: Any, regressor: Any, **options: Any
) -> Predictions:
    """Boosted trees, which read missing values and categories themselves."""
    x, y = frame.drop(columns=TARGET), frame[TARGET]
    x.columns = pd.Index([str(place) for place in range(x.shape[1])])
    if is_classification(frame):
        labels = LabelEncoder().fit(y.astype(str))
        model = classifier(n_jobs=1, random_state=seed, **options)
        model.fit(x[~test], labels.transform(y.astype(str))[~test])
        return model.predict_proba(x[test]), list(labels.classes_)
    model = regressor(n_jobs=1, random_state=seed, **options).fit(x[~test], y[~test])
    return model.predict(x[test]), None


EARLY = {"early_stopping": True}
CONTENDERS: dict[str, Contender] = {
    "Steelyard": partial(steelyard, spec={}),
    "Steelyard, ensemble: 5": partial(steelyard, spec={"ensemble": 5}),
    "Steelyard, layers given": partial(steelyard, spec={"layers": [64, 64]}),
    "LightGBM": partial(trees, classifier=lightgbm.LGBMClassifier, regressor=lightgbm.LGBMRegressor, verbose=-1),
    "XGBoost": partial(
        trees, classifier=xgboost.XGBClassifier, regressor=xgboost.XGBRegressor, enable_categorical=True
    ),
    "scikit-learn MLP": partial(scikit_learn, classifier=MLPClassifier, regressor=MLPRegressor),
    "scikit-learn MLP, early stopping": partial(
        scikit_learn, classifier=partial(MLPClassifier, **EARLY), regressor=partial(MLPRegressor, **EARLY)
    ),
    "RealMLP-TD-S (PyTorch)": partial(
        scikit_learn, classifier=partial(RealMLP, task="classification"), regressor=partial(RealMLP, task="regression")
    ),
    "logistic / ridge regression": partial(
        scikit_learn, classifier=partial(LogisticRegression, max_iter=1000), regressor=Ridge
    ),
}
