"""JavaScript: one ES module without dependencies; raw columns in, labels and probabilities or values out."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from steelyard.exports.bundle import Format, Input, Limit, ModelBundle, Output, common_limits, raw_inputs, usual_outputs
from steelyard.exports.columns import Preprocessing
from steelyard.exports.formula import Language, function, plain, write_all
from steelyard.exports.javascript_helpers import ENCODE, HELPERS
from steelyard.exports.script import Script, Tables, Variable, numbers

TYPES = {
    "number": "number",
    "boolean": "boolean",
    "seconds": "Date | number",
    "seconds_of_day": "number",
    "string": "string",
}
LANGUAGE = Language(
    {
        "add": "({0} + {1})",
        "subtract": "({0} - {1})",
        "multiply": "{0} * {1}",
        "divide": "({0} / {1})",
        "negative": "(-{0})",
        "greater": "({0} > {1})",
        "greater_equal": "({0} >= {1})",
        "less": "({0} < {1})",
        "less_equal": "({0} <= {1})",
        "bitwise_and": "({0} && {1})",
        "bitwise_or": "({0} || {1})",
        "absolute": function("Math.abs"),
        "power": function("Math.pow"),
        "maximum": function("Math.max"),
        "minimum": function("Math.min"),
        "erf": function("erf"),
        "where": "({0} ? {1} : {2})",
        **{
            name: function(f"Math.{name}")
            for name in ("exp", "expm1", "log", "log1p", "tanh", "sqrt", "sign", "sin", "cos", "floor")
        },
    },
    plain,
    lambda name, text: f"const {name} = {text};",
)


class _JavaScript(Script):
    language = LANGUAGE

    def _assign(self, name: str, text: str, width: int) -> Variable:
        variable = Variable(f"x{len(self.lines)}", width)
        self.lines.append(f"const {variable.name} = {text}; // {name}")
        return variable

    def affine(self, name: str, x: Variable, kernel: str, bias: str, units: int) -> Variable:
        arguments = f"{x.name}, {kernel}, {bias or 'null'}, {units}"
        return self._assign(name, f"{self.call('affine')}({arguments})", units)

    def pointwise(self, name: str, x: Variable, function: str, weights: list[str]) -> Variable:
        values = "".join(f", {weight}[i]" for weight in weights)
        text = f"{x.name}.map((z, i) => {function}(z{values}))" if weights else f"{x.name}.map((z) => {function}(z))"
        return self._assign(name, text, x.width)

    def over_row(self, name: str, x: Variable, *, log: bool) -> Variable:
        return self._assign(name, f"{self.call('logSoftmax' if log else 'softmax')}({x.name})", x.width)

    def moving(self, name: str, x: Variable, arrays: list[str]) -> Variable:
        scale, mean, beta = arrays
        return self._assign(name, f"{x.name}.map((z, i) => (z - {mean}[i]) * {scale}[i] + {beta}[i])", x.width)

    def row_normal(self, name: str, x: Variable, arrays: list[str], epsilon: float) -> Variable:
        return self._assign(name, f"{self.call('rowNormal')}({x.name}, {', '.join(arrays)}, {epsilon!r})", x.width)

    def look_up(self, name: str, x: Variable, others: Sequence[int], tables: Tables) -> Variable:
        listed = ", ".join(f"[{column}, {units}, {table}]" for table, (column, _, units) in tables.items())
        text = f"{self.call('lookUp')}({x.name}, {[*others]}, [{listed}])"
        return self._assign(name, text, len(others) + sum(units for *_, units in tables.values()))

    def add(self, name: str, x: Variable, past: Variable) -> Variable:
        return self._assign(name, f"{x.name}.map((z, i) => z + {past.name}[i])", x.width)

    def function(self, name: str, arguments: list[str], lines: list[str], result: str, about: str) -> str:
        body = "\n".join(f"  {line}" for line in [*lines, f"return {result};"])
        return f"/** {about} */\nfunction {name}({', '.join(arguments)}) {{\n{body}\n}}\n"


def write(bundle: ModelBundle) -> bytes:
    """The module. Raises `CannotExport`."""
    return source(bundle).encode()


def source(bundle: ModelBundle) -> str:
    """Its text."""
    script = _JavaScript(bundle)
    about = bundle.preprocessing
    bodies = [_network(script, bundle, number) for number in range(len(bundle.members))]
    kind = "Float32Array" if bundle.dtype == "float32" else "Float64Array"
    arrays = [f"const {name} = new {kind}([\n  {numbers(values)},\n]);" for name, values in script.arrays.items()]
    if "erf" in script.helpers:
        script.call("erf")
    helpers = [text for name, text in HELPERS.items() if name in script.helpers]
    parts = [_head(bundle), *_constants(bundle), *arrays, ENCODE, *_dates(about), *helpers, *script.functions.values()]
    return "\n".join([*parts, _encode(about, bundle.dtype), *bodies, _predict(bundle)])


def _text(value: Any) -> str:
    """A value as JavaScript writes it."""
    return json.dumps(value, ensure_ascii=True)


def _head(bundle: ModelBundle) -> str:
    fields = "\n".join(f" *   {_text(each.name)}: {each.type} | null" for each in describe_inputs(bundle))
    return (
        f"/**\n * Model {bundle.id}: `predict(row)` takes an object with the columns\n{_comment(fields)}\n"
        " *\n * Datetimes are Dates or seconds since 1970-01-01T00:00:00Z, times of day are seconds since midnight.\n"
        " */\n"
    )


def _comment(text: str) -> str:
    return text.replace("*/", "*\\/")


def _constants(bundle: ModelBundle) -> Iterator[str]:
    about = bundle.preprocessing
    if about.block_width:
        for name in ("fill", "center", "scale"):
            yield f"const block_{name} = new Float64Array([\n  {numbers(getattr(about, name))},\n]);"
    if (bins := about.bins) is not None:
        for name in ("column", "low", "size", "center"):
            yield f"const bin_{name} = [\n  {numbers(getattr(bins, name))},\n];"
    for number, each in enumerate(about.categories):
        entries = ",\n  ".join(f"[{_text(text)}, {place}]" for text, place in each.of.items())
        yield f"const places_{number} = new Map([\n  {entries},\n]);"
    if bundle.kind in ("classes", "binary"):
        yield f"const labels = {_text(bundle.labels)};"


def _dates(about: Preprocessing) -> Iterator[str]:
    if not about.datetimes:
        return
    lines, parts = write_all(about.parts, LANGUAGE, {"seconds": "seconds"})
    body = "\n".join(f"  {line}" for line in [*lines, f"return [{', '.join(parts)}];"])
    yield "/** What the network gets of a datetime, by the calendar. */"
    yield f"function datetimeParts(seconds) {{\n{body}\n}}\n"


def _encode(about: Preprocessing, dtype: str) -> str:
    """The function from a row to the inputs of the network."""
    return "\n".join(["function encode(row) {", *(f"  {line}" for line in _encoding(about, dtype)), "}", ""])


def _encoding(about: Preprocessing, dtype: str) -> Iterator[str]:
    def column(name: str) -> str:
        return f"number(row, {_text(name)}, {_text([*about.by_name[name].missing])})"

    yield "const inputs = [];"
    if about.block_width:
        yield "const block = ["
        yield from (f"  {column(name)}," for name in about.numbers)
        yield from (f"  ...datetimeParts({column(name)})," for name in about.datetimes)
        yield "];"
        yield "const missing = block.map(Number.isNaN);"
        if about.refuses_missing:
            yield 'if (missing.includes(true)) throw new RangeError("the model accepts no missing values");'
        yield "const filled = block.map((value, i) => (missing[i] ? block_fill[i] : value));"
        yield "filled.forEach((value, i) => inputs.push((value - block_center[i]) / block_scale[i]));"
        if about.indicators:
            yield f"for (const i of {about.indicators}) inputs.push(missing[i] ? 1 : 0);"
        if (bins := about.bins) is not None:
            yield "bin_column.forEach((place, i) => {"
            yield "  const passed = Math.min(Math.max((filled[place] - bin_low[i]) / bin_size[i], 0), 1);"
            yield f"  inputs.push({bins.scale} * (passed - bin_center[i]));"
            yield "});"
    for number, each in enumerate(about.categories):
        find = f"findPlace(row, {_text(each.column)}, places_{number}, {each.unknown})"
        if about.is_one_hot:
            yield f"oneHot(inputs, {find}, {each.count});"
        else:
            yield f"inputs.push({find});"
    rounded = "inputs.map(Math.fround)" if dtype == "float32" else "inputs"
    yield f"return checked(Float64Array.from({rounded}));"


def _network(script: _JavaScript, bundle: ModelBundle, number: int) -> str:
    """The function of a network: `[logits, outputs]` for inputs."""
    prefix = f"member_{number + 1}_" if len(bundle.members) > 1 else ""
    steps, activation = bundle.members[number]
    script.lines = []
    logits = script.write(steps, Variable("x", bundle.network.inputs), prefix)
    outputs = script.write(activation, logits, f"{prefix}output_" if activation else prefix)
    lines = [*script.lines, f"return [{logits.name}, {outputs.name}];"]
    return "\n".join([f"function network{number + 1}(x) {{", *(f"  {line}" for line in lines), "}", ""])


def _predict(bundle: ModelBundle) -> str:
    lines = ["const x = encode(row);"]
    if len(bundle.members) == 1:
        lines.append("const [logits, outputs] = network1(x);")
    else:
        calls = ", ".join(f"network{number + 1}(x)[1]" for number in range(len(bundle.members)))
        lines.append(f"const members = [{calls}];")
        mean = "members.reduce((sum, each) => sum + each[i], 0) / members.length"
        lines.append(f"const outputs = members[0].map((_, i) => {mean});")
    decisive, threshold = ("logits", 0) if bundle.decides_on_logits else ("outputs", bundle.threshold)
    values = "Array.from(outputs)"
    if bundle.kind == "binary" and bundle.has_probabilities:
        values = "[1 - outputs[0], outputs[0]]"
    elif bundle.kind == "values" and bundle.target is not None:
        lines.append(f"const scale = [{numbers(bundle.target.scale)}];")
        lines.append(f"const center = [{numbers(bundle.target.center)}];")
        values = "Array.from(outputs, (value, i) => value * scale[i] + center[i])"
    label = {
        "classes": f"labels[{decisive}.indexOf(Math.max(...{decisive}))]",
        "binary": f"labels[{decisive}[0] > {threshold} ? 1 : 0]",
        "labels": f"Array.from({decisive}, (value) => (value > {threshold} ? 1 : 0))",
    }.get(bundle.kind)
    name = "probabilities" if bundle.has_probabilities else "value"
    lines.append(f"return {{ {f'label: {label}, ' if label else ''}{name}: {values} }};")
    about = "/** The answer to a row. Throws a RangeError or a TypeError for a value that the model does not accept. */"
    return "\n".join([about, "export function predict(row) {", *(f"  {line}" for line in lines), "}", ""])


def describe_inputs(bundle: ModelBundle) -> list[Input]:
    """A property for each column."""
    return raw_inputs(bundle, TYPES)


def describe_outputs(bundle: ModelBundle) -> list[Output]:
    """Properties of the answer to a row."""
    return [Output(each.name, _type_of(each), each.shape[1:]) for each in usual_outputs(bundle)]


def _type_of(output: Output) -> str:
    return output.type if output.type in ("string", "boolean") else "number"


def limits(bundle: ModelBundle) -> Iterator[Limit]:
    """What does not travel."""
    for limit in common_limits(bundle):
        is_date = limit.column and bundle.preprocessing.by_name[limit.column].kind == "seconds"
        yield Limit(f"{limit.detail}, or a Date", limit.column) if is_date else limit


CHECK = '''\
import subprocess

import numpy as np

SCRIPT = """
import { readFileSync } from "node:fs";
import { predict } from "./{file}";
const answers = JSON.parse(readFileSync(0, "utf8")).map(predict);
process.stdout.write(JSON.stringify(answers));
"""


def predict(rows):
    """Labels, or None, and values for rows, by node."""
    command = ["node", "--input-type=module", "--eval", SCRIPT]
    done = subprocess.run(command, input=json.dumps(rows), capture_output=True, text=True, check=True, cwd=FOLDER)
    answers = json.loads(done.stdout)
    labels = [each["label"] for each in answers] if "label" in answers[0] else None
    return labels, np.array([each.get("probabilities", each.get("value")) for each in answers])
'''
USAGE = """\
```js
import { predict } from "./{file}";

const answer = predict(row);
```

`row` is an object by column name, with `null` for a missing value. It runs in browsers and in node.
"""
JAVASCRIPT = Format(
    "javascript",
    "text/javascript",
    ".mjs",
    write,
    describe_inputs,
    describe_outputs,
    limits,
    check=CHECK,
    usage=USAGE,
)
