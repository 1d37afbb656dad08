"""Models for exports: every layer, activation, preprocessing and task, with weights as after some training.

They are not trained: a network with random weights computes as much as a trained one.
"""

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.exports.bundle import ModelBundle
from steelyard.inference.service import Loaded
from steelyard.nn.activations import (
    ACTIVATIONS,
    Activation,
    Exponential,
    Gelu,
    LeakyRelu,
    Linear,
    PRelu,
    Sigmoid,
    Softmax,
)
from steelyard.nn.activations.smooth import Celu, Elu
from steelyard.nn.ensemble import AnyNetwork, Ensemble
from steelyard.nn.initializers import RandomNormal
from steelyard.nn.layers import (
    ActivationLayer,
    BatchNormalization,
    Dense,
    Dropout,
    Embedding,
    GaussianNoise,
    Layer,
    LayerNormalization,
    Residual,
)
from steelyard.nn.losses import LOSSES, CategoricalCrossentropy, Loss
from steelyard.nn.network import Network
from steelyard.tabular.column import Column
from steelyard.tabular.encoder import Encoder
from steelyard.tabular.encoder_options import EncoderOptions
from steelyard.tabular.scaling import Scaler
from steelyard.tabular.types.boolean import Boolean
from steelyard.tabular.types.category import Category
from steelyard.tabular.types.column_type import ColumnType
from steelyard.tabular.types.datetime import Datetime
from steelyard.tabular.types.number import Number
from steelyard.tabular.types.time_of_day import TimeOfDay
from steelyard.tabular.values import Values, booleans, coded

Rows = list[dict[str, Any]]
LABELS = ["setosa", "versicolor", "virginica"]
COLORS = ["red", "green", "blue", "dark red", "ärgerlich", 'a "quoted" one', "NA"]
CODES = ["007", "1", "x\ty"]
TYPES: dict[str, ColumnType] = {
    "width": Number(),
    "height (cm)": Number(missing=(-999, "n.a.")),
    "is new": Boolean(),
    "color": Category(),
    "born": Datetime(),
    "opens": TimeOfDay(),
    "code": Category(missing=("none",)),
}


def draw_rows(count: int, seed: int = 0, *, complete: bool = False) -> Rows:
    """Raw rows as exported models take them: `None` for a missing value, unknown categories; none if `complete`."""
    generator = np.random.default_rng(seed)
    columns: dict[str, list[Any]] = {
        "width": generator.normal(12.5, 3.0, count).tolist(),
        "height (cm)": generator.normal(-170, 40, count).tolist(),
        "is new": generator.integers(0, 2, count).astype(bool).tolist(),
        "color": generator.choice([*COLORS, *([] if complete else ["unseen", " red "])], count).tolist(),
        "born": generator.uniform(-2e9, 3e9, count).round(3).tolist(),
        "opens": generator.uniform(0, 86_400, count).round().tolist(),
        "code": generator.choice(CODES, count).tolist(),
    }
    if not complete:
        for values in columns.values():
            for row in np.flatnonzero(generator.random(count) < 0.1).tolist():
                values[row] = None
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def hold(rows: Rows) -> dict[str, Values]:
    """The rows as columns of the encoder."""
    found = {}
    for name, kind in TYPES.items():
        values = [row[name] for row in rows]
        if isinstance(kind, Category):
            found[name] = coded(values)
        elif isinstance(kind, Boolean):
            found[name] = booleans(values)
        else:
            found[name] = Values(np.array(values, np.float64))
    return found


@cache
def fit(options: EncoderOptions, *, names: tuple[str, ...] = tuple(TYPES)) -> Encoder:
    """An encoder of these columns."""
    complete = options.missing == "error"
    values = hold(draw_rows(400, 1, complete=complete))
    color = values["color"]
    if not complete:  # so that rows have some that are not known
        codes = np.where(np.isin(color.array, [color.labels.index("unseen")]), -1, color.array)
        values["color"] = Values(codes.astype(np.int32), color.labels)
    columns = {name: Column.of(TYPES[name], values[name]) for name in names}
    return Encoder.fit(columns, np.arange(400), options)


USUAL, CROSSENTROPY, SOFTMAX = EncoderOptions(missing_indicator=True), CategoricalCrossentropy(), Softmax()


@dataclass(frozen=True)
class Case:
    """A model for a test."""

    name: str
    options: EncoderOptions = USUAL
    layers: tuple[Layer, ...] = (Dense(8), ActivationLayer())
    loss: Loss = CROSSENTROPY
    outputs: int = 3
    activation: Activation = SOFTMAX
    dtype: str = "float32"
    members: int = 1
    halves: bool = False  # whether the numbers of rows are in steps of one half
    labels: tuple[Any, ...] | None = tuple(LABELS)
    columns: tuple[str, ...] = tuple(TYPES)

    def build(self) -> ModelBundle:
        """The model."""
        return _build(self)

    def make(self) -> ModelBundle:
        """The same, made now."""
        inputs = fit(self.options, names=self.columns)
        first = []
        if inputs.layout.embedded:
            places, counts = zip(*inputs.layout.embedded, strict=True)
            first = [Embedding(places, counts, units=3, initializer=RandomNormal(stddev=1.0))]
        layers = [*first, *self.layers, Dense(self.outputs, activation=self.activation)]
        networks = [Network(layers, inputs=inputs.layout.width, dtype=self.dtype) for _ in range(self.members)]
        for seed, member in enumerate(networks):
            _draw(member, np.random.default_rng(seed))
        scaled = "regression" in self.loss.tasks and not self.loss.raw_targets
        units = np.arange(self.outputs, dtype=np.float64)
        target = Scaler("standard", 100.0 + units, 5.0 + units) if scaled else None
        labels = None if "regression" in self.loss.tasks else list(self.labels or ())
        network: AnyNetwork = Ensemble(networks) if self.members > 1 else networks[0]
        manifest = {"task": self.loss.tasks[0]}
        stored = {"inputs": inputs.to_json(), "target": None if target is None else target.to_json()}
        return ModelBundle("mdl_1", manifest, stored, network, inputs, self.loss, labels, target)

    def rows(self, count: int, seed: int = 2) -> Rows:
        """Rows that the model accepts."""
        complete = self.options.missing == "error" or self.options.unknown == "error"
        drawn = draw_rows(count, seed, complete=complete)
        if self.halves:
            drawn = [row | {"width": row["width"] and round(2 * row["width"]) / 2} for row in drawn]
        return [{name: row[name] for name in self.columns} for row in drawn]


@cache
def _build(case: Case) -> ModelBundle:
    return case.make()


def _draw(network: Network, generator: np.random.Generator) -> None:
    network.initialize(generator)
    for name, tensor in network.tensors().items():
        if name.endswith(("bias", "beta", "mean", "gamma")):
            tensor[...] += generator.normal(0, 0.3, tensor.shape)
        elif name.endswith("variance"):
            tensor[...] = generator.uniform(0.5, 2, tensor.shape)
        elif name.endswith("alpha"):
            tensor[...] = generator.uniform(0, 0.5, tensor.shape)


def answer(bundle: ModelBundle, rows: Rows) -> tuple[list[Any] | None, NDArray[Any]]:
    """What the service answers: labels (`None` for values), and probabilities, scores or values `(rows, n)`."""
    model = Loaded(bundle.network, bundle.labels, bundle.loss, bundle.inputs, bundle.target)
    columns = {
        name: values for name, values in hold([_whole(row) for row in rows]).items() if name in bundle.inputs.features
    }
    said = model.answer(bundle.inputs.encode(columns, bundle.network.dtype))
    found = model.in_own_words(said.predictions)
    if bundle.kind == "values":
        return None, np.asarray(found).reshape(len(rows), -1)
    labels = np.asarray(found).tolist() if bundle.kind == "labels" else list(found)
    return labels, said.outputs if said.probabilities is None else said.probabilities


def _whole(row: dict[str, Any]) -> dict[str, Any]:
    return dict.fromkeys(TYPES) | row


def _of_loss(loss: type[Loss]) -> Case:
    """A case of each loss, with the output layer that it is for."""
    made = loss()
    if "multiclass" in loss.tasks:
        return Case(f"loss {loss.name}", loss=made)
    if "binary" in loss.tasks:
        activation: Activation = Sigmoid() if loss.link == "sigmoid" else Linear()
        return Case(f"loss {loss.name}", loss=made, outputs=1, activation=activation, labels=(False, True))
    activation = Exponential() if loss.link == "exponential" else Linear()
    return Case(f"loss {loss.name}", loss=made, outputs=2, activation=activation, labels=None)


SLOPES = (LeakyRelu(negative_slope=0.2), LeakyRelu(negative_slope=1.0))
PARAMETERS: list[Activation] = [Gelu(approximate=True), Elu(alpha=0.7), Celu(alpha=0.6), *SLOPES]
BLOCK = Residual((Dense(8, use_bias=False), ActivationLayer(), Dropout(), Dense(8), LayerNormalization()))
LAYERS: dict[str, tuple[Layer, ...]] = {
    "dense": (Dense(6), Dense(5, use_bias=False)),
    "none": (),
    "dropout": (Dense(6), Dropout(0.3), GaussianNoise(0.2)),
    "batch_normalization": (BatchNormalization(), Dense(8), BatchNormalization(epsilon=1e-5), ActivationLayer()),
    "layer_normalization": (Dense(8), LayerNormalization(), ActivationLayer()),
    "residual": (Dense(8), BLOCK, Residual((Dense(4), ActivationLayer())), BLOCK),
}


ALSO_IN_DOUBLE = (
    *("loss binary_crossentropy", "loss mean_squared_error", "labels", "numeric piecewise_linear"),
    *("categorical embedding", "ensemble categorical_crossentropy"),
)


def cases() -> list[Case]:
    """Every part once, in both precisions."""
    found = [Case(f"activation {each.name}", layers=(Dense(8, activation=each()), Dense(8))) for each in ACTIVATIONS]
    found += [Case(f"layer {name}", layers=layers) for name, layers in LAYERS.items()]
    found += [Case(f"activation {each}", layers=(Dense(8, activation=each),)) for each in PARAMETERS]
    found += [_of_loss(loss) for loss in LOSSES]
    multilabel = replace(_of_loss(LOSSES["binary_crossentropy"]), outputs=3, labels=("a", "b", "c"))
    found += [replace(multilabel, name="labels"), replace(_of_loss(LOSSES["hinge"]), outputs=2, name="labels, hinge")]
    for numeric in ("standard", "minmax", "robust", "none", "piecewise_linear"):
        few = ("width", "is new", "color") if numeric == "none" else tuple(TYPES)
        found.append(Case(f"numeric {numeric}", replace(Case.options, numeric=numeric), columns=few))
    found += [Case(f"missing {how}", EncoderOptions(missing=how)) for how in ("median", "most_frequent", "error")]
    found += [Case(f"datetime {how}", EncoderOptions(datetime=how)) for how in ("parts", "ignore")]
    found.append(Case("unknown error", EncoderOptions(unknown="error")))
    found += [Case(f"categorical {how}", replace(Case.options, categorical=how)) for how in ("embedding", "ignore")]
    found.append(Case("only categories", columns=("color", "code")))
    found.append(Case("only embedded", EncoderOptions(categorical="embedding"), columns=("color", "code")))
    raw, numbers = EncoderOptions(numeric="none"), ("width", "is new", "color")
    embedded = (Embedding((0,), (15,), units=3, initializer=RandomNormal(stddev=1.0)), Dense(8))
    two = (Embedding((1, 0), (2, 14), units=2, initializer=RandomNormal(stddev=1.0)), Dense(8))
    found.append(Case("categorical numbers", raw, embedded, columns=numbers))
    found.append(Case("categorical halves", raw, two, columns=numbers, halves=True))
    found.append(Case("categorical number", raw, embedded, columns=("width",), halves=True))
    found.append(Case("ensemble embedded", replace(raw, numeric="minmax"), two, members=2, columns=numbers))
    found.append(Case("one number", columns=("width",), labels=(1, 2, 3)))
    for several in ("categorical_crossentropy", "binary_crossentropy", "mean_squared_error", "poisson", "hinge"):
        found.append(replace(_of_loss(LOSSES[several]), name=f"ensemble {several}", members=3))
    learned = replace(_of_loss(LOSSES["mean_squared_error"]), activation=PRelu())
    found += [replace(learned, name="output prelu"), replace(learned, name="ensemble prelu", members=2)]
    double = [case for case in found if case.name.split()[0] in ("activation", "layer") or case.name in ALSO_IN_DOUBLE]
    return found + [replace(case, name=f"{case.name}, float64", dtype="float64") for case in double]


def preprocessings() -> list[Case]:
    """Those of the cases that differ in what precedes the network."""
    kinds = ("numeric", "missing", "datetime", "unknown", "categorical", "only", "one")
    return [case for case in cases() if case.name.split()[0] in kinds and case.dtype == "float32"]


def chains() -> list[Case]:
    """Few models with all activations, for formats whose tests take longer."""
    parts = [*(each() for each in ACTIVATIONS if each is not Exponential), *PARAMETERS]
    some = [tuple(Dense(6, activation=part) for part in parts[first : first + 6]) for first in range(0, len(parts), 6)]
    return [Case(f"activations {number}", layers=layers) for number, layers in enumerate(some)]


def representatives() -> list[Case]:
    """Every layer, activation, preprocessing and task, in as few models as tell what is wrong."""
    wanted = ("layer", "numeric", "ensemble", "labels", "labels,")
    named = ("loss binary_crossentropy", "loss hinge", "loss mean_squared_error", "loss poisson")
    found = [case for case in cases() if case.name.split()[0] in wanted or case.name in named]
    return [*(case for case in found if case.dtype == "float32"), *preprocessings()[5:], *chains()]
