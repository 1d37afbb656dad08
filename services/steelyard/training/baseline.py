"""Baselines: what a constant answer and a linear model score on a job's splits.

Both learn from the training rows, with the same encoded inputs and row weights as the network. Time and memory are
bounded: the linear model is fitted to a sample of many rows, and to the inputs of a wide table that correlate most with
the target. A sample is the same for every run of a job.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.nn.linear_models import LinearModel, softmax
from steelyard.nn.losses import Cost, Loss
from steelyard.nn.metrics import Metric
from steelyard.training.assemble import Part, Prepared, build_metrics
from steelyard.training.schema import JobSpec

Array = NDArray[Any]
Scores = dict[str, float | None]
MOST_ROWS = 1000  # that the linear model is fitted to
LEAST_ROWS = 200
MOST_VALUES = 2_000_000  # of those rows, before inputs are chosen
MOST_PRODUCTS = 500_000  # rows × inputs × outputs: what an iteration multiplies
MOST_INPUTS = 256
ROWS_AT_ONCE = 4096
LOG_TINY = 1e-9


@dataclass(frozen=True)
class Answers:
    """What a baseline answers for some rows.

    `outputs` `(rows, units)` are as the loss takes them; `predictions` and `probabilities` as the metrics do.
    """

    outputs: Array
    predictions: Array
    probabilities: Array | None


def measure_baseline(spec: JobSpec, prepared: Prepared) -> dict[str, dict[str, Scores]]:
    """The metrics of `constant` and `linear` for every split, under the names of the job's own metrics."""
    train = prepared.parts["train"]
    fitted = {"constant": _fit_constant(spec, prepared, train), "linear": _fit_linear(spec, prepared, train)}
    loss, metrics = spec.make_loss(), build_metrics(spec)
    found: dict[str, dict[str, Scores]] = {}
    for name, model in fitted.items():
        found[name] = {}
        for split, part in prepared.parts.items():
            answers = _answer(spec, prepared, part, model)
            targets = prepared.supervised.y[part.rows]
            cost = Cost(loss, len(part.rows), answers.outputs.shape[1], np.dtype(np.float64))
            y = part.y if part.y.ndim == 1 else part.y.astype(np.float64)
            scores = {"loss": cost.value(answers.outputs, y)} | score(
                metrics, targets, answers.predictions, answers.probabilities
            )
            found[name][split] = {key: float(value) if math.isfinite(value) else None for key, value in scores.items()}
    return found


def score(metrics: list[Metric], targets: Array, predictions: Array, probabilities: Array | None) -> dict[str, float]:
    """The metrics of predictions, in the units of the target."""
    taken = {metric: probabilities if metric.of_probabilities else predictions for metric in metrics}
    return {metric.name: metric.score(targets, values) for metric, values in taken.items() if values is not None}


Model = Callable[[Array], Array]
"""From inputs `(rows, width)` to logits, one for each class or label, or to scaled values."""


def _fit_constant(spec: JobSpec, prepared: Prepared, train: Part) -> Model:
    y = _numbers(prepared, train)
    mean = np.average(y, axis=0, weights=prepared.weights)
    if spec.task == "regression":
        answer = mean
    elif spec.task == "multilabel":
        answer = _logit(mean)
    else:
        answer = np.log(mean + LOG_TINY)
    return lambda x: np.tile(answer, (len(x), 1))


def _logit(shares: Array) -> Array:
    bounded = np.clip(shares, LOG_TINY, 1 - LOG_TINY)
    logits: Array = np.log(bounded / (1 - bounded))
    return logits


def _fit_linear(spec: JobSpec, prepared: Prepared, train: Part) -> Model:
    y = _numbers(prepared, train)
    rows = _sample(len(train.rows), train.x.shape[1], y.shape[1])
    x = np.asarray(train.x[rows], np.float64)
    weights = None if prepared.weights is None else prepared.weights[rows]
    if weights is not None and not weights.any():
        weights = None
    x[~np.isfinite(x)] = 0.0
    y = y[rows]
    used = _most_correlated(x, y)
    if len(used) < x.shape[1]:
        x = np.ascontiguousarray(x[:, used])
    if spec.task == "regression":
        model = LinearModel.fit_ridge(x, y, weights)
    elif spec.task == "multilabel":
        model = _fit_labels(x, y, weights)
    else:
        model = LinearModel.fit_softmax(x, y.argmax(axis=1), y.shape[1], weights)
    return lambda x: model.compute(x if len(used) == x.shape[1] else x[:, used])


def _fit_labels(x: Array, y: Array, weights: Array | None) -> LinearModel:
    """A logistic regression for each label."""
    models = [LinearModel.fit_softmax(x, label.astype(np.int64), 2, weights) for label in y.T]
    coefficients = [model.coefficients[:, 1] - model.coefficients[:, 0] for model in models]
    intercepts = [model.intercepts[1] - model.intercepts[0] for model in models]
    return LinearModel(np.stack(coefficients, axis=1), np.array(intercepts))


def _sample(rows: int, width: int, outputs: int) -> NDArray[np.int64]:
    """Some of the training rows, by number; all if there are few."""
    affordable = max(LEAST_ROWS, MOST_PRODUCTS // (min(width, MOST_INPUTS) * outputs))
    most = min(MOST_ROWS, MOST_VALUES // width, affordable)
    if rows <= most:
        return np.arange(rows)
    return np.sort(np.random.default_rng(0).choice(rows, most, replace=False))


def _most_correlated(x: Array, y: Array) -> NDArray[np.int64]:
    """The inputs with the largest correlation with one of the outputs; all if there are few."""
    if x.shape[1] <= MOST_INPUTS:
        return np.arange(x.shape[1])
    centered, targets = x - x.mean(axis=0), y - y.mean(axis=0)
    lengths = np.sqrt(np.square(centered).sum(axis=0))
    related = np.abs(centered.T @ targets / np.maximum(np.sqrt(np.square(targets).sum(axis=0)), LOG_TINY)).max(axis=1)
    strength = related / np.maximum(lengths, LOG_TINY)
    return np.sort(np.argsort(-strength, kind="stable")[:MOST_INPUTS])


def _numbers(prepared: Prepared, part: Part) -> Array:
    """Targets as numbers `(rows, outputs)`: one column for each class, each label, or each scaled target."""
    classes, y = prepared.supervised.classes, part.y
    if classes is None:
        return y.astype(np.float64)
    indices = prepared.supervised.y[part.rows]
    one_hot: Array = (indices[:, None] == np.arange(len(classes))).astype(np.float64)
    return one_hot


def _answer(spec: JobSpec, prepared: Prepared, part: Part, model: Model) -> Answers:
    count = len(part.rows)
    blocks = [
        model(np.nan_to_num(np.asarray(part.x[first : first + ROWS_AT_ONCE], np.float64), posinf=0.0, neginf=0.0))
        for first in range(0, count, ROWS_AT_ONCE)
    ]
    found, loss = np.concatenate(blocks), spec.make_loss()
    if spec.task == "regression":
        values = found if prepared.target is None else prepared.target.inverse(found)
        return Answers(np.log(np.maximum(found, LOG_TINY)) if loss.link == "exponential" else found, values, None)
    if spec.task == "multilabel":
        probabilities = 1 / (1 + np.exp(-np.clip(found, -700, 700)))
        return Answers(_as_outputs(loss, found, probabilities), (found > 0).astype(np.int64), probabilities)
    probabilities, predictions = softmax(found), found.argmax(axis=1)
    if spec.task == "binary":
        found, chance = found[:, 1:] - found[:, :1], probabilities[:, 1:]
        outputs = _as_outputs(loss, found, chance)
    else:
        outputs = _as_outputs(loss, found, probabilities)
    return Answers(outputs, predictions, probabilities if loss.probabilities else None)


def _as_outputs(loss: Loss, logits: Array, probabilities: Array) -> Array:
    """What the loss takes: logits if it has a link or works on margins, else probabilities."""
    return logits if loss.link is not None or not loss.probabilities else probabilities
