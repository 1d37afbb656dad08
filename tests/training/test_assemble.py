"""From a specification to data as the network sees it, a network, and its training."""

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from steelyard.inference.schema import Prediction
from steelyard.inference.service import Predictor
from steelyard.nn.clipping import GRADIENT_CLIPS
from steelyard.nn.layers import Dense, Embedding
from steelyard.nn.metrics import METRICS, Pinball
from steelyard.nn.rng import Streams
from steelyard.nn.training.loop import Batch
from steelyard.training.assemble import (
    Prepared,
    as_targets,
    build_clip,
    build_layers,
    build_metrics,
    build_network,
    build_training,
    draw_network,
    prepare,
    row_weights,
    spawn_streams,
)
from steelyard.training.inline import read_sent
from steelyard.training.schema import JobSpec
from steelyard.training.sources import load_data
from tests import trained
from tests.conftest import no_tables
from tests.service import SMALLEST
from tests.trained import weights
from tests.training.jobs import faults, job, read


def train(store: Engine, **fields: Any) -> Any:
    made = trained.train(store, {**SMALLEST, "training": {"epochs": 3}, **fields})
    assert made.status == "succeeded", made.error
    return made


def predict(store: Engine, model: str, inputs: list[Any]) -> Prediction:
    return Predictor(store).predict(model, str({"inputs": inputs}).replace("'", '"').encode())


def prepared(document: dict[str, Any]) -> tuple[JobSpec, Prepared]:
    """A job's data as a run prepares them."""
    spec = read(document).spec
    inline = document["data"].get("inline")
    supervised = load_data(spec, None if inline is None else read_sent(inline), no_tables)
    return spec, prepare(spec, supervised, Streams.spawn(spec.training.seed))


def rows_of(**columns: list[Any]) -> dict[str, Any]:
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    return {"inline": {"rows": rows}, "target": "y"}


def test_every_row_is_prepared_in_one_part_with_its_number() -> None:
    data = rows_of(a=[*range(60)], y=[n % 7 * 1.5 for n in range(60)])
    _, made = prepared(job(data=data, layers=[], validation={"fraction": 0.2}, test={"fraction": 0.1}))
    assert {name: len(part.rows) for name, part in made.parts.items()} == {"train": 42, "validation": 12, "test": 6}
    assert sorted(np.concatenate([part.rows for part in made.parts.values()]).tolist()) == [*range(60)]
    for part in made.parts.values():
        assert (part.ids == part.rows).all()
        assert len(part.x) == len(part.y) == len(part.rows)


def test_encoding_and_scaling_are_fitted_to_the_training_rows_alone() -> None:
    data = rows_of(a=[float(n**2) for n in range(50)], y=[n * 3.0 for n in range(50)])
    _, made = prepared(job(data=data, layers=[], validation={"time": "a", "fraction": 0.2}))
    train, validation = made.parts["train"], made.parts["validation"]
    assert train.x.mean() == pytest.approx(0, abs=1e-6)
    assert train.x.std() == pytest.approx(1, abs=1e-6)
    assert train.y.mean() == pytest.approx(0, abs=1e-6)
    assert validation.x.min() > train.x.max()
    assert validation.y.min() > train.y.max()


def test_the_output_layer_has_a_unit_for_each_class_and_its_own_settings() -> None:
    spec, made = prepared(job(layers=[5], output={"use_bias": False, "initializer": "zeros", "trainable": False}))
    hidden, last = build_layers(spec, 3, made.inputs.layout)
    assert isinstance(hidden, Dense)
    assert isinstance(last, Dense)
    assert (hidden.units, hidden.activation.name, hidden.use_bias) == (5, "relu", True)
    assert (last.units, last.activation.name, last.use_bias, last.trainable) == (3, "softmax", False, False)
    assert last.initializer.name == "zeros"


@pytest.mark.parametrize(("categories", "units"), [(1, 2), (4, 3), (100, 21), (1000, 32)])
def test_categories_are_embedded_before_the_first_layer(categories: int, units: int) -> None:
    cities = [f"city {n % categories}" for n in range(2 * categories + 20)]
    data = rows_of(a=[*range(len(cities))], city=cities, y=[n % 2 == 0 for n in range(len(cities))])
    spec, made = prepared(
        job(data=data, preprocessing={"categorical": "embedding", "max_categories": 2000}, validation=None)
    )
    first = build_layers(spec, 1, made.inputs.layout)[0]
    assert isinstance(first, Embedding)
    assert first.columns == (1,)
    assert first.categories == (categories + 1,)  # one for labels that are new
    assert first.units == units
    network = build_network(spec, made.inputs.layout, 1)
    assert network.inputs == made.inputs.layout.width == 2
    assert network.parameters.size == read(job(data=data, **spec_fields(spec))).parameters


def spec_fields(spec: JobSpec) -> dict[str, Any]:
    return {"preprocessing": spec.preprocessing.model_dump(), "validation": None}


@pytest.mark.parametrize(
    "fields",
    [{}, {"data": {"builtin": "breast_cancer"}}, {"data": {"builtin": "diabetes"}}],
    ids=["multiclass", "binary", "regression"],
)
def test_metrics_are_all_of_the_task_but_those_of_a_quantile(fields: dict[str, Any]) -> None:
    spec = read(job(**fields)).spec
    expected = {metric.name for metric in METRICS if spec.task in metric.tasks} - {Pinball.name}
    assert {metric.name for metric in build_metrics(spec)} == expected


def test_a_quantile_is_measured_by_its_own_pinball_loss() -> None:
    spec = read(job(data={"builtin": "diabetes"}, loss={"name": "quantile", "quantile": 0.7})).spec
    assert [metric.quantile for metric in build_metrics(spec) if isinstance(metric, Pinball)] == [0.7]


@pytest.mark.parametrize("name", GRADIENT_CLIPS.names)
def test_gradients_are_clipped_as_the_job_asks(name: str) -> None:
    made = build_clip(read(job(training={"gradient_clip": {name: 0.25}})).spec)
    assert made is not None
    assert (made.name, made.limit) == (name, 0.25)
    assert build_clip(read(SMALLEST).spec) is None


def test_a_training_takes_its_settings_from_the_job() -> None:
    settings = {"epochs": 2, "batch_size": 7, "seed": 3, "early_stopping": {"patience": 4}, "schedule": "cosine"}
    spec, made = prepared(job(training=settings))
    streams = spawn_streams(spec)
    network = draw_network(spec, made, streams)
    training = build_training(spec, made, network, streams)
    batches = {event.batches for event in training.run() if isinstance(event, Batch)}
    assert batches == {-(-len(made.parts["train"].rows) // 7)}
    assert training.epoch == 2


def test_targets_are_what_the_loss_takes() -> None:
    multiclass, binary = read(SMALLEST).spec, read(job(data={"builtin": "breast_cancer"})).spec
    regression = read(job(data={"builtin": "diabetes"})).spec
    y = np.array([0, 1, 1])
    assert as_targets(multiclass, y, None) is y
    found = as_targets(binary, y, None)
    assert found.dtype == np.float32
    assert found.tolist() == [[0], [1], [1]]
    assert as_targets(regression, np.array([[1.0, 2], [3, 4]]), None).tolist() == [[1, 2], [3, 4]]


@given(
    labels=st.lists(st.integers(0, 2), min_size=1, max_size=40),
    own=st.none() | st.lists(st.floats(0.1, 9), min_size=40, max_size=40),
    rows=st.data(),
)
def test_balanced_classes_have_the_same_total_weight(labels: list[int], own: Any, rows: st.DataObject) -> None:
    chosen = np.array(rows.draw(st.lists(st.sampled_from(range(len(labels))), min_size=1, unique=True)))
    supervised = Labels(np.array(labels), None if own is None else np.array(own[: len(labels)]))
    found = row_weights(supervised, chosen, "balanced")  # type: ignore[arg-type]
    assert found is not None
    y = supervised.y[chosen]
    totals = [found[y == label].sum() for label in np.unique(y)]
    np.testing.assert_allclose(totals, totals[0])
    if own is not None:  # within a class, rows keep their proportions
        ratios = found / supervised.weights[chosen]
        for label in np.unique(y):
            np.testing.assert_allclose(ratios[y == label], ratios[y == label][0])


class Labels:
    """The part of supervised data that weights depend on."""

    classes = ("a", False, 2)

    def __init__(self, y: np.ndarray, weights: np.ndarray | None) -> None:
        self.y, self.weights = y, weights


def test_weights_of_classes_are_given_by_label_and_multiply_those_of_rows() -> None:
    made: Any = Labels(np.array([0, 1, 2, 1]), np.array([1.0, 2.0, 3.0, 4.0]))
    rows = np.array([3, 2, 0])
    found = row_weights(made, rows, {"false": 0.5, "2": 10})
    assert found is not None
    assert found.tolist() == [2.0, 30.0, 1.0]
    own = row_weights(made, rows, None)
    assert own is not None
    assert own.tolist() == [4, 3, 1]
    made.weights = None
    assert row_weights(made, rows, None) is None


def test_rows_of_weight_two_are_two_rows(store: Engine) -> None:
    x = [[i / 10, (i * 7 % 10) / 10] for i in range(12)]
    y = [2 * a - b for a, b in x]
    options: dict[str, Any] = {"validation": None, "layers": [3]}
    options |= {"preprocessing": {"numeric": "none", "target": "none"}}
    options |= {"training": {"epochs": 20, "batch_size": 100, "shuffle": False, "dtype": "float64"}}
    rows = [{"a": a, "b": b, "y": t, "w": 1 + i % 2} for i, ((a, b), t) in enumerate(zip(x, y, strict=True))]
    weighted = train(store, data={"inline": {"rows": rows}, "target": "y", "sample_weight": "w"}, **options)
    repeated = [{"a": row["a"], "b": row["b"], "y": row["y"]} for row in rows for _ in range(int(row["w"]))]
    plain = train(store, data={"inline": {"rows": repeated}, "target": "y"}, **options)
    one, two = (weights(store, made.id) for made in (weighted, plain))
    for name in one:
        np.testing.assert_allclose(one[name], two[name], rtol=1e-8)
    assert weighted.data.features == ["a", "b"]


def test_class_weights_help_a_rare_class(store: Engine) -> None:
    generator = np.random.default_rng(0)
    x = generator.normal(size=(200, 2))
    y = (x[:, 0] + generator.normal(size=200) > 1.8).astype(int)
    data = {"inline": {"x": x.tolist(), "y": y.tolist()}}
    found = {
        name: train(store, data=data, training={"epochs": 30, "class_weight": class_weight})
        for name, class_weight in {"none": None, "balanced": "balanced", "given": {"0": 1.0, "1": 15.0}}.items()
    }
    scores = {name: made.metrics["train"]["balanced_accuracy"] for name, made in found.items()}
    assert scores["balanced"] > scores["none"] + 0.05
    assert scores["given"] > scores["none"] + 0.05
    wrong = faults(job(data=data, training={"class_weight": {"2": 1.0}}))
    assert wrong == {"/training/class_weight/2": "is not a class of the target; known are 0, 1"}


def test_several_labels_are_predicted_each_by_itself(store: Engine) -> None:
    generator = np.random.default_rng(1)
    x = generator.normal(size=(200, 3))
    rows = [{"a": a, "b": b, "c": c, "warm": bool(a > 0), "wet": bool(b > 0.5)} for a, b, c in x.tolist()]
    data = {"inline": {"rows": rows}, "target": ["warm", "wet"]}
    made = train(store, data=data, training={"epochs": 60}, optimizer={"name": "adam", "learning_rate": 0.01})
    assert made.spec["task"] == "multilabel"
    assert made.metrics["validation"]["accuracy"] > 0.8
    assert made.metrics["validation"]["hamming_loss"] < 0.15
    answer = predict(store, made.model, [[2.0, 2.0, 0.0], [-2.0, 2.0, 0.0]])
    assert np.array(answer.predictions).tolist() == [[1, 1], [0, 1]]
    assert answer.classes == ["warm", "wet"]
    assert np.array(answer.probabilities).shape == (2, 2)


def test_counts_are_predicted_in_their_own_units(store: Engine) -> None:
    generator = np.random.default_rng(2)
    x = generator.uniform(-1, 1, size=(300, 1))
    data = {"inline": {"x": x.tolist(), "y": generator.poisson(np.exp(1 + x[:, 0])).tolist()}}
    fields: dict[str, Any] = {"data": data, "task": "regression", "loss": "poisson", "layers": []}
    fields |= {"initializer": "zeros", "optimizer": {"name": "adam", "learning_rate": 0.05}}
    made = train(store, **fields, training={"epochs": 200})
    assert made.spec["preprocessing"]["target"] == "none"
    answer = predict(store, made.model, [[-1.0], [1.0]])
    assert list(answer.predictions) == pytest.approx([1, np.e**2], rel=0.25)
    negative = {"inline": {"x": x.tolist(), "y": x[:, 0].tolist()}}
    assert "at least 0" in faults(job(**{**fields, "data": negative}))["/loss"]


def test_quantiles_lie_where_they_should(store: Engine) -> None:
    x = np.random.default_rng(3).normal(size=(400, 1))
    y = np.random.default_rng(4).normal(size=400)
    shares = {}
    for quantile in (0.1, 0.9):
        made = train(
            store, data={"inline": {"x": x.tolist(), "y": y.tolist()}}, task="regression", layers=[],
            loss={"name": "quantile", "quantile": quantile}, validation=None,
            optimizer={"name": "adam", "learning_rate": 0.02}, training={"epochs": 150},
        )  # fmt: skip
        shares[quantile] = float(np.mean(y < np.array(predict(store, made.model, x.tolist()).predictions)))
    assert shares[0.1] == pytest.approx(0.1, abs=0.04)
    assert shares[0.9] == pytest.approx(0.9, abs=0.04)


def test_a_hinge_gives_classes_and_no_probabilities(store: Engine) -> None:
    made = train(store, data={"builtin": "breast_cancer"}, loss="hinge", training={"epochs": 20})
    assert made.metrics["validation"]["accuracy"] > 0.9
    answer = predict(store, made.model, [[*range(30)]])
    assert answer.predictions[0] in ("malignant", "benign")
    assert "probabilities" not in answer.model_fields_set


def test_a_training_that_diverges_names_the_layer_and_what_to_try(store: Engine) -> None:
    spec = {"data": {"builtin": "diabetes"}, "layers": [32, 32], "optimizer": {"name": "sgd", "learning_rate": 1e6}}
    made = trained.train(store, {**spec, "training": {"epochs": 50}})
    assert made.error is not None
    assert (made.status, made.error.type, made.model) == ("failed", "/problems/diverged", None)
    words = r"epoch 1, .*layer '(dense_[12]|output)' was the first.*smaller learning"
    assert re.search(words, made.error.detail)
    assert all(np.isfinite(tensor).all() for tensor in weights(store, made.id).values())
