"""ONNX: one file that takes raw columns, with the preprocessing inside, for any runtime that reads ONNX.

Each column is an input `(N, 1)`: doubles, NaN where one is missing, or strings, empty where one is missing. The
preprocessing is in double precision, as ONNX's own scalers are in single precision. The outputs are `label` and
`probabilities`, or `value`. The weights have their names, and the model's manifest is in the metadata, so that the file
can be imported.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from steelyard.exports.bundle import (
    Format,
    Input,
    Limit,
    ModelBundle,
    Output,
    common_limits,
    label_type,
    raw_inputs,
    usual_outputs,
)
from steelyard.exports.columns import Places, Preprocessing, RawColumn
from steelyard.exports.onnx_graph import Graph
from steelyard.exports.plain import manifest_of
from steelyard.exports.program import Affine, Block, Lookup, Moving, OverRow, Pointwise, RowNormal, Step
from steelyard.nn.ensemble import member_name
from steelyard.nn.layers.residual import PROJECTION

Array = NDArray[Any]
METADATA = "steelyard"  # the key of the manifest
TYPES = dict.fromkeys(("number", "boolean", "seconds", "seconds_of_day"), "float64") | {"string": "string"}


def write(bundle: ModelBundle) -> bytes:
    """The file. Raises `CannotExport`."""
    names = [column.name for column in bundle.preprocessing.columns]
    outputs = describe_outputs(bundle)
    graph = Graph([*names, *(output.name for output in outputs)])
    x = _Encoding(graph, bundle.preprocessing, bundle.dtype).write()
    _write_outputs(graph, bundle, x, [output.name for output in outputs])
    inputs = [(each.name, each.type, ("N", 1)) for each in describe_inputs(bundle)]
    described = [(each.name, each.type, each.shape) for each in outputs]
    return graph.finish(bundle.id, inputs, described, {METADATA: orjson.dumps(manifest_of(bundle)).decode()})


def describe_inputs(bundle: ModelBundle) -> list[Input]:
    """An input for each column."""
    return raw_inputs(bundle, TYPES)


def describe_outputs(bundle: ModelBundle) -> list[Output]:
    """The outputs, with names that no column has."""
    taken = {column.name for column in bundle.preprocessing.columns}
    found = []
    for output in usual_outputs(bundle):
        name = output.name
        while name in taken:
            name += "_"
        found.append(Output(name, output.type, output.shape))
    return found


def limits(bundle: ModelBundle) -> Iterator[Limit]:
    """What does not travel."""
    yield from common_limits(bundle)
    about = bundle.preprocessing
    if about.categories:
        yield Limit("spaces around strings are not removed; an empty string is a missing value")
    yield Limit("numbers that are too large for the network are not refused; the answer may be NaN")
    if about.refuses_missing:
        yield Limit("a missing value is not refused: the probabilities or values of its row are NaN")
    if about.refuses_unknown and about.categories:
        yield Limit("an unknown category is not refused: the probabilities or values of its row are NaN")


class _Encoding:
    """Writes the preprocessing of raw columns to a graph."""

    def __init__(self, graph: Graph, about: Preprocessing, dtype: str) -> None:
        self._graph, self._about, self._dtype = graph, about, dtype
        self._refused: list[str] = []

    def write(self) -> str:
        """The network's inputs `(N, width)`."""
        graph, about = self._graph, self._about
        parts = [*self._numbers(), *(self._category(each) for each in about.categories)]
        x = graph.add("Concat", *parts, axis=1) if len(parts) > 1 else parts[0]
        for place in self._refused:
            is_refused = graph.add("Less", place, graph.constant(0, "int64"))
            nan, zero = graph.constant(np.nan, self._dtype), graph.constant(0, self._dtype)
            x = graph.add("Add", x, graph.add("Where", is_refused, nan, zero))
        return x

    def _numbers(self) -> Iterator[str]:
        graph, about = self._graph, self._about
        columns = [self._column(about.by_name[name]) for name in about.numbers]
        for name in about.datetimes:
            seconds = self._column(about.by_name[name])
            columns += [graph.apply(part, {"seconds": seconds}, "float64") for part in about.parts]
        if not columns:
            return
        block = graph.add("Concat", *columns, axis=1) if len(columns) > 1 else columns[0]
        missing = graph.add("IsNaN", block)
        block = graph.add("Where", missing, graph.constant(about.fill, "float64"), block)
        centered = graph.add("Sub", block, graph.constant(about.center, "float64"))
        yield graph.cast(graph.add("Div", centered, graph.constant(about.scale, "float64")), self._dtype)
        if about.indicators:
            flags = graph.add("Gather", missing, graph.constant(about.indicators, "int64"), axis=1)
            yield graph.cast(flags, self._dtype)
        if (bins := about.bins) is not None:
            x = graph.add("Gather", block, graph.constant(bins.column, "int64"), axis=1)
            x = graph.add("Sub", x, graph.constant(bins.low, "float64"))
            x = graph.add("Div", x, graph.constant(bins.size, "float64"))
            x = graph.add("Min", graph.add("Max", x, graph.constant(0, "float64")), graph.constant(1, "float64"))
            x = graph.add("Sub", x, graph.constant(bins.center, "float64"))
            yield graph.cast(graph.add("Mul", x, graph.constant(bins.scale, "float64")), self._dtype)

    def _column(self, column: RawColumn) -> str:
        graph, x = self._graph, column.name
        for number in column.missing:
            is_missing = graph.add("Equal", x, graph.constant(number, "float64"))
            x = graph.add("Where", is_missing, graph.constant(np.nan, "float64"), x)
        return x

    def _category(self, places: Places) -> str:
        graph = self._graph
        found = graph.add(
            "LabelEncoder",
            places.column,
            domain="ai.onnx.ml",
            keys_strings=[*places.of],
            values_int64s=[*places.of.values()],
            default_int64=places.unknown,
        )
        if self._about.refuses_missing or self._about.refuses_unknown:
            self._refused.append(found)
        if not self._about.is_one_hot:
            return graph.cast(found, self._dtype)
        every = graph.constant(np.arange(places.count)[None, :], "int64")
        return graph.cast(graph.add("Equal", found, every), self._dtype)


class _Steps:
    """Writes the steps of a network to a graph, in a precision. The weights have their names behind `prefix`."""

    def __init__(self, graph: Graph, dtype: str, prefix: str = "", separator: str = "/") -> None:
        self._graph, self._dtype, self._prefix, self._separator = graph, dtype, prefix, separator

    def write(self, steps: Sequence[Step], x: str) -> str:
        """The outputs of the steps for `x`."""
        for step in steps:
            x = self._step(step, x)
        return x

    def _constant(self, value: Any) -> str:
        return self._graph.constant(value, self._dtype)

    def _tensor(self, step: Step, name: str, value: Array) -> str:
        """A tensor of the model, in its own precision until it is used."""
        own = value.dtype.name
        constant = self._graph.constant(value, own, f"{self._prefix}{step.name}{self._separator}{name}")
        return constant if own == self._dtype else self._graph.cast(constant, self._dtype)

    def _step(self, step: Step, x: str) -> str:
        graph = self._graph
        match step:
            case Affine(_, kernel, bias):
                z = graph.add("MatMul", x, self._tensor(step, "kernel", kernel))
                return z if bias is None else graph.add("Add", z, self._tensor(step, "bias", bias))
            case Pointwise(_, _, formula, weights):
                learned = {name: self._tensor(step, name, weight) for name, weight in weights.items()}
                return graph.apply(formula, {"z": x, **learned}, self._dtype)
            case OverRow(_, log):
                return graph.add("LogSoftmax" if log else "Softmax", x, axis=1)
            case Moving(_, gamma, beta, mean, variance, epsilon, _):
                centered = graph.add("Sub", x, self._tensor(step, "moving_mean", mean))
                positive = graph.add("Add", self._tensor(step, "moving_variance", variance), self._constant(epsilon))
                scale = graph.add("Div", self._tensor(step, "gamma", gamma), graph.add("Sqrt", positive))
                return graph.add("Add", graph.add("Mul", centered, scale), self._tensor(step, "beta", beta))
            case RowNormal(_, gamma, beta, epsilon):
                x = graph.add("Sub", x, graph.add("ReduceMean", x, axes=[1]))
                squares = graph.add("ReduceMean", graph.add("Mul", x, x), axes=[1])
                root = graph.add("Sqrt", graph.add("Add", squares, self._constant(epsilon)))
                x = graph.add("Mul", graph.add("Div", x, root), self._tensor(step, "gamma", gamma))
                return graph.add("Add", x, self._tensor(step, "beta", beta))
            case Lookup():
                return self._look_up(step, x)
            case Block(_, inner, projection):
                within = _Steps(graph, self._dtype, f"{self._prefix}{step.name}{self._separator}", ".")
                past = x
                if projection is not None:
                    past = graph.add("MatMul", x, self._tensor(step, f"{PROJECTION}.kernel", projection))
                return graph.add("Add", within.write(inner, x), past)

    def _look_up(self, step: Lookup, x: str) -> str:
        graph = self._graph
        parts = [graph.add("Gather", x, graph.constant(step.others, "int64"), axis=1)] if step.others else []
        for column, table in zip(step.columns, step.tables, strict=True):
            number = graph.add("Gather", x, graph.constant(column, "int64"), axis=1)
            limits = [graph.constant(limit, self._dtype) for limit in (0, len(table) - 1)]
            place = graph.cast(graph.add("Round", graph.add("Clip", number, *limits)), "int64")
            parts.append(graph.add("Gather", self._tensor(step, f"table_{column}", table), place, axis=0))
        return graph.add("Concat", *parts, axis=1) if len(parts) > 1 else parts[0]


def _write_outputs(graph: Graph, bundle: ModelBundle, x: str, names: list[str]) -> None:
    """The labels and what they follow from, by these names."""
    logits, outputs = _answer(graph, bundle, x)
    if bundle.kind == "values":
        if bundle.target is not None:
            outputs = graph.add("Mul", graph.cast(outputs, "float64"), graph.constant(bundle.target.scale, "float64"))
            outputs = graph.add("Add", outputs, graph.constant(bundle.target.center, "float64"))
    else:
        decisive = logits if bundle.decides_on_logits else outputs
        _write_labels(graph, bundle, decisive, names[0])
    if bundle.kind == "binary" and bundle.has_probabilities:
        other = graph.add("Sub", graph.constant(1, bundle.dtype), outputs)
        outputs = graph.add("Concat", other, outputs, axis=1)
    graph.add("Identity", outputs, output=names[-1])


def _answer(graph: Graph, bundle: ModelBundle, x: str) -> tuple[str, str]:
    """The logits of a single network, and the activated outputs."""
    if len(bundle.members) == 1:
        [(steps, activation)] = bundle.members
        writer = _Steps(graph, bundle.dtype)
        logits = writer.write(steps, x)
        return logits, writer.write(activation, logits)
    total = graph.constant(0.0, "float64")
    for number, (steps, activation) in enumerate(bundle.members, start=1):
        prefix = f"{member_name(number)}."
        logits = graph.cast(_Steps(graph, bundle.dtype, prefix).write(steps, x), "float64")
        total = graph.add("Add", total, _Steps(graph, "float64", prefix).write(activation, logits))
    mean = graph.add("Div", total, graph.constant(float(len(bundle.members)), "float64"))
    return "", graph.cast(mean, bundle.dtype)


def _write_labels(graph: Graph, bundle: ModelBundle, outputs: str, name: str) -> None:
    if bundle.kind == "classes":
        number = graph.add("ArgMax", outputs, axis=1, keepdims=0)
    else:
        threshold = 0.0 if bundle.decides_on_logits else bundle.threshold
        number = graph.cast(graph.add("Greater", outputs, graph.constant(threshold, bundle.dtype)), "int64")
        if bundle.kind == "labels":
            graph.add("Identity", number, output=name)
            return
        number = graph.add("Reshape", number, graph.constant([-1], "int64"))
    kind = label_type(bundle)
    labels = [str(label) for label in bundle.labels or ()] if kind == "string" else bundle.labels
    graph.add("Gather", graph.constant(labels, kind), number, axis=0, output=name)


CHECK = '''\
import numpy as np
import onnxruntime

session = onnxruntime.InferenceSession("{file}")


def predict(rows):
    """The labels, or None, and the values for raw rows."""
    inputs = {}
    for each in session.get_inputs():
        values = [row[each.name] for row in rows]
        if each.type == "tensor(string)":
            array = np.array(["" if value is None else value for value in values], object)
        else:
            array = np.array([np.nan if value is None else value for value in values], np.float64)
        inputs[each.name] = array[:, None]
    *label, values = session.run(None, inputs)
    return (label[0].tolist() if label else None), values
'''
USAGE = """\
```python
import numpy as np
import onnxruntime

session = onnxruntime.InferenceSession("{file}")
outputs = session.run(None, {each.name: column_of(each.name) for each in session.get_inputs()})
```

Each input is a column with the shape `(rows, 1)`: `float64`, with NaN for a missing value, or strings, with an empty
string for a missing value.
"""
ONNX = Format(
    "onnx", "application/onnx", ".onnx", write, describe_inputs, describe_outputs, limits, check=CHECK, usage=USAGE
)
