"""C: one C99 file without dependencies; raw columns in, labels and probabilities or values out."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from steelyard.exports.bundle import Format, Input, Limit, ModelBundle, Output, common_limits, raw_inputs, usual_outputs
from steelyard.exports.c_helpers import HELPERS
from steelyard.exports.c_script import LANGUAGE, CScript, string
from steelyard.exports.columns import Preprocessing
from steelyard.exports.formula import write_all
from steelyard.exports.script import Variable, numbers

TYPES = dict.fromkeys(("number", "boolean", "seconds", "seconds_of_day"), "double") | {"string": "const char *"}


def write(bundle: ModelBundle) -> bytes:
    """The file. Raises `CannotExport`."""
    return source(bundle).encode("ascii")


def source(bundle: ModelBundle) -> str:
    """Its text."""
    script, about = CScript(bundle), bundle.preprocessing
    bodies = [_network(script, bundle, number) for number in range(len(bundle.members))]
    dates = _dates(about)
    if dates:
        script.helpers.update(("maximum",) if "maximum(" in dates else ())
    if about.categories:
        script.call("find_place")
    suffix = "f" if bundle.dtype == "float32" else ""
    arrays = [
        f"static const weight {name}[{values.size}] = {{\n  {numbers(values, suffix)}\n}};"
        for name, values in script.arrays.items()
    ]
    helpers = [text for name, text in HELPERS.items() if name in script.helpers]
    parts = [_head(bundle), *helpers, *_constants(bundle), *arrays, *script.functions.values(), dates]
    return "\n".join([*parts, _encode(about, bundle.dtype), *bodies, _predict(bundle)])


def _columns(about: Preprocessing) -> tuple[list[str], list[str]]:
    """The columns that are numbers, and those that are strings, in their orders in a call."""
    raw = about.columns
    return [each.name for each in raw if each.kind != "string"], [each.name for each in raw if each.kind == "string"]


def _head(bundle: ModelBundle) -> str:
    number_names, string_names = _columns(bundle.preprocessing)
    values = usual_outputs(bundle)[-1].shape[1]
    labels = [str(label) for label in bundle.labels or ()]
    lines = [
        f"/* Model {bundle.id}.",
        " *",
        " * model_predict(numbers, strings, labels, values) takes the columns in the order of model_number_names and",
        " * model_string_names: NAN or NULL for a missing value, datetimes as seconds since 1970-01-01T00:00:00Z,",
        " * times of day as seconds since midnight. It writes MODEL_LABELS numbers of labels (of model_label_names,",
        " * or 0 and 1 for each) and MODEL_VALUES probabilities, scores or values. It returns 0, or what the model",
        " * does not accept: 1 a missing value, 2 a category, 3 a number that is too large.",
        " */",
        "#include <math.h>",
        "#include <stddef.h>",
        "#include <string.h>",
        "",
        f"typedef {'float' if bundle.dtype == 'float32' else 'double'} weight;",
        f"enum {{ MODEL_NUMBERS = {len(number_names)}, MODEL_STRINGS = {len(string_names)} }};",
        f"enum {{ MODEL_LABELS = {_label_count(bundle)}, MODEL_VALUES = {values} }};",
        "int model_predict(const double *numbers, const char *const *strings, int *labels, double *values);",
    ]
    for name, texts in {"number": number_names, "string": string_names, "label": labels}.items():
        listed = ", ".join([*map(string, texts), "NULL"])
        lines += [
            f"extern const char *const model_{name}_names[{len(texts) + 1}];",
            f"const char *const model_{name}_names[{len(texts) + 1}] = {{{listed}}};",
        ]
    sizes = "MODEL_NUMBERS, MODEL_STRINGS, MODEL_LABELS, MODEL_VALUES"
    return "\n".join([*lines, "extern const int model_sizes[4];", f"const int model_sizes[4] = {{{sizes}}};"])


def _label_count(bundle: ModelBundle) -> int:
    return {"values": 0, "labels": bundle.network.outputs}.get(bundle.kind, 1)


def _constants(bundle: ModelBundle) -> Iterator[str]:
    about = bundle.preprocessing

    def array(kind: str, name: str, values: Any) -> str:
        return f"static const {kind} {name}[{len(values)}] = {{\n  {numbers(np.asarray(values))}\n}};"

    if about.block_width:
        for name in ("center", "scale") if about.refuses_missing else ("fill", "center", "scale"):
            yield array("double", f"block_{name}", getattr(about, name))
    if (bins := about.bins) is not None:
        yield array("int", "bin_column", bins.column)
        for name in ("low", "size", "center"):
            yield array("double", f"bin_{name}", getattr(bins, name))
    for number, each in enumerate(about.categories):
        entries = ",\n  ".join(f"{{{string(text)}, {place}}}" for text, place in each.of.items())
        yield f"static const known places_{number}[{len(each.of)}] = {{\n  {entries}\n}};"
    if bundle.target is not None and bundle.kind == "values":
        yield array("double", "target_center", bundle.target.center)
        yield array("double", "target_scale", bundle.target.scale)


def _dates(about: Preprocessing) -> str:
    if not about.datetimes:
        return ""
    lines, parts = write_all(about.parts, LANGUAGE, {"seconds": "seconds"})
    body = [*lines, *(f"parts[{place}] = {part};" for place, part in enumerate(parts))]
    head = "/* What the network gets of a datetime, by the calendar. */"
    listed = "\n".join(f"  {line}" for line in body)
    return f"{head}\nstatic void datetime_parts(double seconds, double *parts) {{\n{listed}\n}}\n"


def _encode(about: Preprocessing, dtype: str) -> str:
    """The function from raw columns to the inputs of the network."""
    head = "static int encode(const double *numbers, const char *const *strings, double *inputs) {"
    lines = [*_encode_numbers(about), *_encode_strings(about)]
    rounded = "(double)(float)inputs[i]" if dtype == "float32" else "inputs[i]"
    lines += [
        f"for (int i = 0; i < {about.width}; i++) {{",
        f"  inputs[i] = {rounded};" if dtype == "float32" else "",
        "  if (!isfinite(inputs[i])) return 3;",
        "}",
        "return 0;",
    ]
    return "\n".join([head, *(f"  {line}" for line in lines if line), "}", ""])


def _encode_numbers(about: Preprocessing) -> Iterator[str]:
    if not about.block_width:
        yield "(void)numbers;"
        return
    names, _ = _columns(about)
    width = about.block_width
    yield f"double block[{width}];"
    yield f"int missing[{width}];"
    for place, name in enumerate(about.numbers):
        yield f"block[{place}] = {_number(about, name, names)};"
    for number, name in enumerate(about.datetimes):
        first = len(about.numbers) + number * len(about.parts)
        yield f"datetime_parts({_number(about, name, names)}, block + {first});"
    yield f"for (int i = 0; i < {width}; i++) {{"
    yield "  missing[i] = isnan(block[i]) != 0;"
    yield "  if (missing[i]) return 1;" if about.refuses_missing else "  if (missing[i]) block[i] = block_fill[i];"
    yield "  inputs[i] = (block[i] - block_center[i]) / block_scale[i];"
    yield "}"
    for place, indicator in enumerate(about.indicators, start=width):
        yield f"inputs[{place}] = missing[{indicator}];"
    if (bins := about.bins) is not None:
        yield f"for (int i = 0; i < {len(bins.low)}; i++) {{"
        yield "  const double passed = (block[bin_column[i]] - bin_low[i]) / bin_size[i];"
        clipped = "(passed < 0.0 ? 0.0 : passed > 1.0 ? 1.0 : passed)"
        yield f"  inputs[{width + len(about.indicators)} + i] = {bins.scale!r} * ({clipped} - bin_center[i]);"
        yield "}"


def _number(about: Preprocessing, name: str, names: list[str]) -> str:
    """The number in a column, NaN for one that means a missing value."""
    value = f"numbers[{names.index(name)}]"
    for number in about.by_name[name].missing:
        value = f"(numbers[{names.index(name)}] == {number!r} ? NAN : {value})"
    return value


def _encode_strings(about: Preprocessing) -> Iterator[str]:
    if not about.categories:
        yield "(void)strings;"
        return
    _, names = _columns(about)
    first = about.width - sum(each.count if about.is_one_hot else 1 for each in about.categories)
    for number, each in enumerate(about.categories):
        column = f"strings[{names.index(each.column)}]"
        place = f"place_{number}"
        yield f"const int {place} = find_place({column}, places_{number}, {len(each.of)}, {each.unknown});"
        if about.refuses_missing or about.refuses_unknown:
            yield f"if ({place} < 0) return 2;"
        if about.is_one_hot:
            yield f"for (int i = 0; i < {each.count}; i++) inputs[{first} + i] = i == {place};"
        else:
            yield f"inputs[{first}] = {place};"
        first += each.count if about.is_one_hot else 1


def _network(script: CScript, bundle: ModelBundle, number: int) -> str:
    """The function of a network: logits and outputs for inputs."""
    prefix = f"member_{number + 1}_" if len(bundle.members) > 1 else ""
    steps, activation = bundle.members[number]
    script.lines = []
    script.kept = 0
    logits = script.write(steps, Variable("x", bundle.network.inputs), prefix)
    lines = [*script.lines]
    script.lines = [""] * len(lines)
    outputs = script.write(activation, logits, f"{prefix}output_")
    lines += script.lines[len(lines) :]
    count = bundle.network.outputs
    lines += [f"for (int i = 0; i < {count}; i++) logits[i] = {logits.name}[i];"]
    lines += [f"for (int i = 0; i < {count}; i++) outputs[i] = {outputs.name}[i];"]
    head = f"static void network_{number + 1}(const double *x, double *logits, double *outputs) {{"
    return "\n".join([head, *(f"  {line}" for line in lines), "}", ""])


def _predict(bundle: ModelBundle) -> str:
    count, members = bundle.network.outputs, len(bundle.members)
    lines = [
        f"double x[{bundle.network.inputs}], logits[{count}], outputs[{count}];",
        "const int refused = encode(numbers, strings, x);",
        "if (refused) return refused;",
    ]
    if members == 1:
        lines.append("network_1(x, logits, outputs);")
    else:
        lines += [f"double one[{count}];", f"for (int i = 0; i < {count}; i++) outputs[i] = 0.0;"]
        for number in range(members):
            lines.append(f"network_{number + 1}(x, logits, one);")
            lines.append(f"for (int i = 0; i < {count}; i++) outputs[i] += one[i] / {members}.0;")
    lines += [*_labels(bundle), *_values(bundle), "return 0;"]
    head = "int model_predict(const double *numbers, const char *const *strings, int *labels, double *values) {"
    return "\n".join([head, *(f"  {line}" for line in lines), "}", ""])


def _labels(bundle: ModelBundle) -> list[str]:
    count = bundle.network.outputs
    decisive, threshold = ("logits", 0.0) if bundle.decides_on_logits else ("outputs", bundle.threshold)
    if bundle.kind == "values":
        return ["(void)labels;"]
    if bundle.kind == "classes":
        best = f"for (int i = 1; i < {count}; i++) labels[0] = {decisive}[i] > {decisive}[labels[0]] ? i : labels[0];"
        return ["labels[0] = 0;", best]
    return [f"for (int i = 0; i < {count}; i++) labels[i] = {decisive}[i] > {threshold};"]


def _values(bundle: ModelBundle) -> list[str]:
    if bundle.kind == "binary" and bundle.has_probabilities:
        return ["values[0] = 1.0 - outputs[0];", "values[1] = outputs[0];"]
    value = "outputs[i]"
    if bundle.kind == "values" and bundle.target is not None:
        value = "outputs[i] * target_scale[i] + target_center[i]"
    return [f"for (int i = 0; i < {bundle.network.outputs}; i++) values[i] = {value};"]


def describe_inputs(bundle: ModelBundle) -> list[Input]:
    """An element of an array for each column."""
    return raw_inputs(bundle, TYPES)


def describe_outputs(bundle: ModelBundle) -> list[Output]:
    """The arrays that a call fills."""
    *labels, values = usual_outputs(bundle)
    found = [Output("labels", "int", (_label_count(bundle),)) for _ in labels]
    return [*found, Output("values", "double", values.shape[1:])]


def limits(bundle: ModelBundle) -> Iterator[Limit]:
    """What does not travel."""
    yield from common_limits(bundle)


CHECK = '''\
import ctypes
import subprocess
import tempfile

import numpy as np


def compile_model():
    """The model as a shared library."""
    folder = tempfile.mkdtemp()
    library = os.path.join(folder, "model.so")
    options = ["-std=c99", "-O1", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-shared", "-fPIC"]
    source = os.path.join(FOLDER, "{file}")
    subprocess.run([os.environ.get("CC", "cc"), *options, source, "-o", library, "-lm"], check=True)
    return ctypes.CDLL(library)


library = compile_model()
sizes = (ctypes.c_int * 4).in_dll(library, "model_sizes")
with open(os.path.join(FOLDER, "proof.json"), encoding="utf-8") as file:
    CLASSES = json.load(file)["classes"]


def names(kind, count):
    """The names of the columns of a kind, or of the labels."""
    found = (ctypes.c_char_p * (count + 1)).in_dll(library, f"model_{kind}_names")
    return [each.decode() for each in found[:count]]


def predict(rows):
    """Labels, or None, and values for rows."""
    columns, texts = names("number", sizes[0]), names("string", sizes[1])
    numbers, strings = (ctypes.c_double * max(1, sizes[0]))(), (ctypes.c_char_p * max(1, sizes[1]))()
    label, value = (ctypes.c_int * max(1, sizes[2]))(), (ctypes.c_double * sizes[3])()
    labels, values = [], []
    for row in rows:
        numbers[: len(columns)] = [np.nan if row[name] is None else float(row[name]) for name in columns]
        strings[: len(texts)] = [None if row[name] is None else row[name].encode() for name in texts]
        refused = library.model_predict(numbers, strings, label, value)
        if refused:
            raise ValueError(f"refused: {refused}")
        labels.append(list(label) if sizes[2] > 1 else CLASSES[label[0]] if sizes[2] else None)
        values.append(list(value))
    return (labels if sizes[2] else None), np.array(values)
'''
USAGE = """\
```c
extern const char *const model_label_names[];
int model_predict(const double *numbers, const char *const *strings, int *labels, double *values);
```

The columns are in the order of the table: the numbers among them in `numbers`, the strings in `strings`, with `NAN` and
`NULL` for missing values. Compile with `cc -std=c99 -c {file}`, and link with `-lm`.
"""
C = Format("c", "text/x-c", ".c", write, describe_inputs, describe_outputs, limits, check=CHECK, usage=USAGE)
