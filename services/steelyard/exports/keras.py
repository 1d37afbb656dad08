"""Keras: a `.keras` file that Keras 3 loads on any backend, of standard layers alone.

Its inputs are `numbers`, not scaled yet, and the place of each category among those of its column. `preprocess.json`
describes how rows become these, and `preprocess.py` in the bundle does it. `metadata.json` has the model's manifest and
the places of its tensors, so that the file can be imported.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from steelyard.exports import keras_inputs
from steelyard.exports.archive import pack
from steelyard.exports.bundle import Format, Input, Limit, ModelBundle, Output, common_limits
from steelyard.exports.columns import Places, Preprocessing
from steelyard.exports.keras_activations import name_of
from steelyard.exports.keras_graph import KerasGraph, Node
from steelyard.exports.plain import MANIFEST, manifest_of
from steelyard.exports.program import Affine, Block, Lookup, Moving, OverRow, Pointwise, RowNormal, Step
from steelyard.exports.refusal import CannotExport
from steelyard.nn.activations import Activation, Celu, Elu, Gelu, LeakyRelu, PRelu
from steelyard.nn.activations.smooth import CUBIC, ROOT_TWO_OVER_PI

VERSION = "3.10.0"  # the oldest with all of the activations
METADATA = {"keras_version": VERSION, "date_saved": "1980-01-01@00:00:00"}
EXPORT, AS_NUMPY = "steelyard", orjson.OPT_SERIALIZE_NUMPY
DOUBLE = "float64"  # of the scaling: large numbers with little spread would lose their last digits in float32


def write(bundle: ModelBundle) -> bytes:
    """The `.keras` file. Raises `CannotExport`."""
    graph, output, _ = _Model(bundle).build()
    export = {MANIFEST: manifest_of(bundle), "tensors": graph.places_of(bundle.tensors(), output)}
    return pack(
        {
            "metadata.json": orjson.dumps(METADATA | {EXPORT: export}, option=AS_NUMPY),
            "config.json": orjson.dumps(graph.config(output), option=AS_NUMPY),
            "model.weights.h5": graph.weights(output),
        }
    )


def write_files(bundle: ModelBundle) -> dict[str, bytes]:
    """The file, and how to prepare its inputs."""
    return {
        KERAS.file_name(bundle): write(bundle),
        "preprocess.json": orjson.dumps(describe(bundle), option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY),
        "preprocess.py": Path(keras_inputs.__file__).read_bytes(),
    }


def describe_inputs(bundle: ModelBundle) -> list[Input]:
    """The block of numbers, and each column of categories."""
    names = input_names(bundle.preprocessing)
    found = [Input(names[""], DOUBLE)] if "" in names else []
    return [*found, *(Input(name, "int32", column) for column, name in names.items() if column)]


def describe_outputs(bundle: ModelBundle) -> list[Output]:
    """The activated outputs, or values in the targets' units."""
    kind = DOUBLE if bundle.target is not None and bundle.kind == "values" else bundle.dtype
    name = "probabilities" if bundle.has_probabilities else "value"
    return [Output(name, kind, ("N", bundle.network.outputs))]


def limits(bundle: ModelBundle) -> Iterator[Limit]:
    """What does not travel."""
    yield from common_limits(bundle)
    about = bundle.preprocessing
    for each in about.categories:
        yield Limit("strings become places by preprocess.json, which is in the bundle", each.column)
    if about.block_width:
        yield Limit("missing values are filled in by preprocess.json, which is in the bundle")
        yield Limit("model.predict rounds numbers to float32; model(inputs) does not")
        yield Limit("on JAX, scaling needs JAX_ENABLE_X64=1 to be in double precision")
    if bundle.dtype == DOUBLE:
        yield Limit("Keras computes in float32, except on TensorFlow")
    if about.parts or about.indicators or about.bins is not None:
        yield Limit("parts of dates, missing-value indicators and bins are made by preprocess.json")
    if bundle.kind == "binary" and bundle.has_probabilities:
        yield Limit("the single output is the probability of the second label")


def input_names(about: Preprocessing) -> dict[str, str]:
    """The inputs' names by column; that of the block of numbers has none."""
    graph = KerasGraph()
    found = {"": graph.free("numbers")} if about.block_width else {}
    return found | {each.column: graph.free(each.column) for each in about.categories}


def describe(bundle: ModelBundle) -> dict[str, Any]:
    """What `preprocess.json` holds: see `keras_inputs`."""
    about, names = bundle.preprocessing, input_names(bundle.preprocessing)

    def column(name: str) -> dict[str, Any]:
        found = about.by_name[name]
        return {"column": name, "kind": found.kind, "missing": found.missing}

    bins = about.bins
    numbers = {
        "input": names.get(""),
        "columns": [column(name) for name in about.numbers],
        "datetimes": [column(name) for name in about.datetimes],
        "datetime_parts": about.encoder.options.datetime,
        "refuses_missing": about.refuses_missing,
        "fill": about.fill,
        "indicators": about.indicators,
        "bins": None if bins is None else {**vars(bins)},
    }
    return {
        "numbers": numbers if about.block_width else None,
        "categories": [
            {"column": each.column, "input": names[each.column], "places": each.of, "unknown": each.unknown}
            for each in about.categories
        ],
        "output": {
            "kind": bundle.kind,
            "labels": bundle.labels,
            "threshold": bundle.threshold,
            "has_two_columns": bundle.kind == "binary" and bundle.has_probabilities,
        },
    }


class _Model:
    """A model while it becomes layers of Keras."""

    def __init__(self, bundle: ModelBundle) -> None:
        self._bundle, self._dtype = bundle, bundle.dtype
        self._graph = KerasGraph()

    def build(self) -> tuple[KerasGraph, Node, list[Node]]:
        """The graph, its output, and its inputs."""
        about, graph = self._bundle.preprocessing, self._graph
        names = input_names(about)
        inputs = []
        if "" in names:
            width = about.width - sum(each.count if about.is_one_hot else 1 for each in about.categories)
            inputs.append(self._input(names[""], width, DOUBLE))
        categories = [self._input(names[each.column], 1, "int32") for each in about.categories]
        first = [self._scaled(node, about) for node in inputs]
        if not about.encoder.layout.embedded:
            one_hot = [self._one_hot(node, each) for node, each in zip(categories, about.categories, strict=True)]
            first = [self._join([*first, *one_hot], "")]
        members = []
        for number, (steps, activation) in enumerate(self._bundle.members, start=1):
            prefix = f"member_{number}_" if len(self._bundle.members) > 1 else ""
            x, rest = self._enter(first, categories, steps, prefix)
            members.append(self.write([*rest, *activation], x, prefix))
        output = members[0] if len(members) == 1 else graph.add("Average", "mean", members, dtype=self._dtype)
        if self._bundle.target is not None and self._bundle.kind == "values":
            target = self._bundle.target
            output = self._rescale("target", output, target.scale.tolist(), target.center.tolist(), DOUBLE)
        return graph, output, [*inputs, *categories]

    def _input(self, name: str, width: int, dtype: str) -> Node:
        return self._graph.add("InputLayer", name, [], width=width, dtype=dtype, batch_shape=[None, width])

    def _rescale(self, name: str, x: Node, scale: Any, offset: Any, dtype: str) -> Node:
        return self._graph.add("Rescaling", name, [x], dtype=dtype, scale=scale, offset=offset)

    def _scaled(self, x: Node, about: Preprocessing) -> Node:
        """The numbers, scaled; the inputs after them are not."""
        if about.encoder.scaler.method == "none":
            return x
        rest = x.width[0] - about.block_width
        x = self._rescale("center", x, [1.0] * x.width[0], [*(-about.center).tolist(), *[0.0] * rest], DOUBLE)
        return self._rescale("scale", x, [*(1 / about.scale).tolist(), *[1.0] * rest], 0.0, DOUBLE)

    def _enter(
        self, first: list[Node], categories: list[Node], steps: Sequence[Step], prefix: str
    ) -> tuple[Node, Sequence[Step]]:
        """The inputs of a network's first layer, with the embeddings that it has, and the steps that follow."""
        if not isinstance(steps[0], Lookup):
            return first[0], steps
        if not self._bundle.preprocessing.encoder.layout.embedded:
            return self._embed_numbers(first[0], steps[0], prefix), steps[1:]
        embedded = zip(categories, steps[0].tables, strict=True)
        vectors = [self._embed(node, table, prefix) for node, table in embedded]
        return self._join([*first, *vectors], prefix), steps[1:]

    def _join(self, parts: list[Node], prefix: str) -> Node:
        if len(parts) == 1:
            return parts[0]
        width = sum(part.width[0] for part in parts)
        return self._graph.add("Concatenate", f"{prefix}inputs", parts, width=width, dtype=self._dtype, axis=-1)

    def _embed(self, node: Node, table: Any, prefix: str) -> Node:
        count, units = table.shape
        sizes: dict[str, Any] = {"input_dim": count, "output_dim": units}
        name = f"{prefix}{node.name}_embedding"
        found = self._graph.add(
            "Embedding", name, [node], width=(1, units), dtype=self._dtype, weights=[table], **sizes
        )
        return self._graph.add("Flatten", f"{name}_flat", [found], width=units, dtype=self._dtype)

    def _embed_numbers(self, x: Node, step: Lookup, prefix: str) -> Node:
        """The numbers that are not embedded, and the vectors of those that are: rounded and clipped by bins.

        A bin ends between two whole numbers; one half belongs to the even one. Raises `CannotExport`.
        """
        if self._dtype == DOUBLE:
            raise CannotExport("Keras embeds numbers in float32; the model has dtype float64")
        parts = [self._cut(x, column, f"{prefix}input_{column}") for column in step.others]
        for column, table in zip(step.columns, step.tables, strict=True):
            halves = np.arange(len(table) - 1, dtype=np.float32) + np.float32(0.5)
            halves[::2] = np.nextafter(halves[::2], np.float32(np.inf))
            number, name = self._cut(x, column, f"{prefix}input_{column}"), f"{prefix}{step.name}_{column}"
            options: dict[str, Any] = {"bin_boundaries": halves.tolist(), "output_mode": "int"}
            place = self._graph.add("Discretization", name, [number], dtype="int32", **options)
            parts.append(self._embed(place, table, prefix))
        return self._join(parts, prefix)

    def _cut(self, x: Node, column: int, name: str) -> Node:
        """One of the numbers."""
        graph, [width] = self._graph, x.width
        if width == 1:
            return x
        x = graph.add("Reshape", f"{name}_of", [x], width=(width, 1), dtype=self._dtype, target_shape=[width, 1])
        cropping = [column, width - column - 1]
        x = graph.add("Cropping1D", f"{name}_cut", [x], width=(1, 1), dtype=self._dtype, cropping=cropping)
        return graph.add("Flatten", name, [x], width=1, dtype=self._dtype)

    def _one_hot(self, node: Node, places: Places) -> Node:
        options: dict[str, Any] = {"num_tokens": places.count, "output_mode": "one_hot"}
        name = f"{node.name}_one_hot"
        return self._graph.add("CategoryEncoding", name, [node], width=places.count, dtype=self._dtype, **options)

    def write(self, steps: Sequence[Step], x: Node, prefix: str) -> Node:
        """The layers of the steps. Raises `CannotExport`."""
        waiting = [*steps]
        while waiting:
            step = waiting.pop(0)
            if isinstance(step, Affine):
                following = waiting[0] if waiting else None
                fused = name_of(following) if following is not None and following.name == step.name else None
                if fused is not None:
                    waiting.pop(0)
                x = self._dense(prefix + step.name, x, step.kernel, step.bias, fused)
            else:
                x = self._step(step, x, prefix)
        return x

    def _dense(self, name: str, x: Node, kernel: Any, bias: Any, activation: str | None) -> Node:
        weights = [kernel] if bias is None else [kernel, bias]
        units = kernel.shape[1]
        options = {"units": units, "activation": activation or "linear", "use_bias": bias is not None}
        return self._graph.add("Dense", name, [x], width=units, dtype=self._dtype, weights=weights, **options)

    def _step(self, step: Step, x: Node, prefix: str) -> Node:
        graph, name = self._graph, prefix + step.name
        options: dict[str, Any]
        match step:
            case Pointwise():
                return self._activate(step, x, f"{name}_activation")
            case OverRow():
                return graph.add("Activation", f"{name}_activation", [x], dtype=self._dtype, activation=name_of(step))
            case Moving(_, gamma, beta, mean, variance):
                options = {"axis": -1, "momentum": step.momentum, "epsilon": step.epsilon}
                weights = [gamma, beta, mean, variance]
                return graph.add("BatchNormalization", name, [x], dtype=self._dtype, weights=weights, **options)
            case RowNormal(_, gamma, beta, epsilon):
                options = {"axis": [-1], "epsilon": epsilon}
                return graph.add("LayerNormalization", name, [x], dtype=self._dtype, weights=[gamma, beta], **options)
            case Block(_, inner, projection):
                found = self.write(inner, x, f"{name}_")
                past = x if projection is None else self._dense(f"{name}_projection", x, projection, None, None)
                return graph.add("Add", name, [found, past], dtype=self._dtype)
            case _:
                raise CannotExport(f"the layer {step.name} is not where Keras can have it")

    def _activate(self, step: Pointwise, x: Node, name: str) -> Node:
        if (simple := name_of(step)) is not None:
            return self._graph.add("Activation", name, [x], dtype=self._dtype, activation=simple)
        write_part = PARAMETRIC.get(type(step.activation))
        if write_part is None:
            raise CannotExport(f"Keras has no activation {step.activation.name} (of {step.name})")
        return write_part(self, step, x, name)

    def leaky_relu(self, step: Pointwise, x: Node, name: str) -> Node:
        """Keras's layer LeakyReLU."""
        slope = _parameter(step.activation, "negative_slope")
        return self._graph.add("LeakyReLU", name, [x], dtype=self._dtype, negative_slope=slope)

    def prelu(self, step: Pointwise, x: Node, name: str) -> Node:
        """Keras's layer PReLU, with the learned slopes."""
        return self._graph.add("PReLU", name, [x], dtype=self._dtype, weights=[step.weights["alpha"]])

    def elu(self, step: Pointwise, x: Node, name: str) -> Node:
        """Keras's layer ELU."""
        return self._graph.add("ELU", name, [x], dtype=self._dtype, alpha=_parameter(step.activation, "alpha"))

    def celu(self, step: Pointwise, x: Node, name: str) -> Node:
        """`celu(x) = alpha · elu(x / alpha)`."""
        alpha = _parameter(step.activation, "alpha")
        x = self._rescale(f"{name}_divided", x, 1 / alpha, 0.0, self._dtype)
        x = self._graph.add("Activation", name, [x], dtype=self._dtype, activation="elu")
        return self._rescale(f"{name}_multiplied", x, alpha, 0.0, self._dtype)

    def gelu(self, step: Pointwise, x: Node, name: str) -> Node:  # noqa: ARG002 -- as all have it
        """The approximate form: `x (½ + ½ tanh(√(2/π) x (1 + 0.044715 x²)))`."""

        def multiply(part: str, one: Node, two: Node) -> Node:
            return self._graph.add("Multiply", f"{name}_{part}", [one, two], dtype=self._dtype)

        steep = self._rescale(
            f"{name}_slope", multiply("square", x, x), ROOT_TWO_OVER_PI * CUBIC, ROOT_TWO_OVER_PI, self._dtype
        )
        inner = multiply("inner", x, steep)
        bent = self._graph.add("Activation", f"{name}_tanh", [inner], dtype=self._dtype, activation="tanh")
        return multiply("product", x, self._rescale(f"{name}_gate", bent, 0.5, 0.5, self._dtype))


def _parameter(activation: Activation, name: str) -> float:
    return float(getattr(activation, name))


PARAMETRIC: Mapping[type, Callable[[_Model, Pointwise, Node, str], Node]] = {
    LeakyRelu: _Model.leaky_relu,
    PRelu: _Model.prelu,
    Elu: _Model.elu,
    Celu: _Model.celu,
    Gelu: _Model.gelu,
}


CHECK = '''\
import keras
import numpy as np
from pathlib import Path

import preprocess

model = keras.saving.load_model("{file}")
about = json.loads(Path("preprocess.json").read_text(encoding="utf-8"))


def predict(rows):
    """Labels, or None, and values for rows."""
    outputs = model(preprocess.prepare(rows, about))  # model.predict would round the numbers to float32 first
    return preprocess.read(keras.ops.convert_to_numpy(outputs), about)
'''
USAGE = """\
```python
import json
from pathlib import Path

import keras
import preprocess

model = keras.saving.load_model("{file}")
about = json.loads(Path("preprocess.json").read_text(encoding="utf-8"))
outputs = model(preprocess.prepare(rows, about))
labels, values = preprocess.read(keras.ops.convert_to_numpy(outputs), about)
```

Call the model itself: `model.predict` rounds its inputs to float32 first.

`rows` are objects by column name, with `None` for a missing value. `preprocess.py` needs NumPy alone.
"""
KERAS = Format(
    "keras",
    "application/zip",
    ".keras",
    write,
    describe_inputs,
    describe_outputs,
    limits,
    check=CHECK,
    usage=USAGE,
    files=write_files,
)
