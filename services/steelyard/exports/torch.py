"""PyTorch: `model.py`, a readable `nn.Module` that takes raw columns, and `model.safetensors` with its weights.

No code is in the weights, and nothing is pickled.
"""

from collections.abc import Iterator
from textwrap import wrap
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from steelyard.exports import package, safetensors
from steelyard.exports.archive import pack
from steelyard.exports.bundle import Format, Input, Limit, ModelBundle, common_limits, raw_inputs, usual_outputs
from steelyard.exports.columns import Preprocessing
from steelyard.exports.formula import without_brackets, write_all
from steelyard.exports.torch_network import NetworkSource, torch_language, weights_of_model

Array = NDArray[Any]
WRAPPING: Any = {  # a name is not divided
    "initial_indent": "    ",
    "subsequent_indent": "    ",
    "break_long_words": False,
    "break_on_hyphens": False,
}
MOST_LISTED = 20  # columns of numbers that have a line each
TYPES = {"number": "float", "boolean": "bool", "seconds": "float", "seconds_of_day": "float", "string": "str"}


def write(bundle: ModelBundle) -> bytes:
    """A zip file with the two files. Raises `CannotExport`."""
    return pack(write_files(bundle))


def write_files(bundle: ModelBundle) -> dict[str, bytes]:
    """`model.py` and `model.safetensors`. Raises `CannotExport`."""
    return {"model.py": source(bundle).encode(), "model.safetensors": _weights(bundle)}


def describe_inputs(bundle: ModelBundle) -> list[Input]:
    """An input for each column."""
    return raw_inputs(bundle, TYPES)


def limits(bundle: ModelBundle) -> Iterator[Limit]:
    """What does not travel."""
    yield from common_limits(bundle)


def _weights(bundle: ModelBundle) -> bytes:
    """The weights and the numbers of the preprocessing, by the names of the module; strings are in the metadata."""
    about = bundle.preprocessing
    tensors: dict[str, Array] = {}
    if about.block_width:
        tensors |= {f"preprocessing.{name}": getattr(about, name) for name in ("fill", "center", "scale")}
    if (bins := about.bins) is not None:
        found = {"column": bins.column, "low": bins.low, "size": bins.size, "center": bins.center}
        tensors |= {f"preprocessing.bin_{name}": value for name, value in found.items()}
    tensors |= weights_of_model(bundle.members)
    if bundle.target is not None and bundle.kind == "values":
        tensors |= {"target_center": bundle.target.center, "target_scale": bundle.target.scale}
    places = {each.column: each.of for each in about.categories}
    metadata = {"format": "pt", "places": orjson.dumps(places).decode()}
    ordered = {name: np.asarray(value, order="C") for name, value in tensors.items()}
    return safetensors.dump(ordered, metadata)


def source(bundle: ModelBundle) -> str:
    """The text of `model.py`. Raises `CannotExport`."""
    networks = NetworkSource()
    steps, activation = bundle.members[0]
    network = networks.network(steps, activation)
    activate = networks.activation(activation)
    constants = [*_columns(bundle)]
    if bundle.kind in ("classes", "binary"):
        constants.append(f"LABELS = {bundle.labels!r}")
    functions = [line for lines in networks.functions.values() for line in ["", "", *lines]]
    parts = [HEAD.replace("{id}", bundle.id), *constants, *functions]
    parts += ["", "", *_preprocessing(bundle.preprocessing, bundle.dtype), "", "", *network, "", ""]
    parts += [*_model(bundle, activate), *(HELPERS + _date_source(bundle.preprocessing) + LOAD).splitlines()]
    return "\n".join(parts) + "\n"


def _columns(bundle: ModelBundle) -> Iterator[str]:
    """The columns with their types; those of a wide table as a list of names."""
    inputs = describe_inputs(bundle)
    if not _is_wide(bundle.preprocessing):
        yield f"COLUMNS = {_dict(inputs)}"
        return
    names = ", ".join(map(repr, bundle.preprocessing.numbers))
    others = [each for each in inputs if each.column not in bundle.preprocessing.numbers]
    yield "\n".join(["NUMBERS = [", *wrap(names, 110, **WRAPPING), "]"])
    yield f'COLUMNS = dict.fromkeys(NUMBERS, "float") | {_dict(others)}'


def _is_wide(about: Preprocessing) -> bool:
    """Whether there are many columns of numbers, and no others that are encoded as numbers."""
    plain = [name for name in about.numbers if about.by_name[name].kind == "number" and not about.by_name[name].missing]
    return len(plain) > MOST_LISTED and plain == about.numbers and not any(" " in name for name in plain)


def _dict(inputs: list[Input]) -> str:
    lines = [f"    {each.name!r}: {each.type!r}," for each in inputs]
    return "\n".join(["{", *lines, "}"])


def _preprocessing(about: Preprocessing, dtype: str) -> list[str]:
    """The class `Preprocessing`."""
    made = [
        f'self.register_buffer("{name}", torch.zeros({about.block_width}, dtype=torch.float64))'
        for name in ("fill", "center", "scale")
        if about.block_width
    ]
    if (bins := about.bins) is not None:
        count = len(bins.low)
        kinds = {"column": "int64", "low": "float64", "size": "float64", "center": "float64"}
        made += [
            f'self.register_buffer("bin_{name}", torch.zeros({count}, dtype=torch.{kind}))'
            for name, kind in kinds.items()
        ]
    made.append("self.places = {}  # of the strings of each column")
    return [
        "class Preprocessing(nn.Module):",
        '    """From raw columns to the inputs of the network, in double precision."""',
        "",
        "    def __init__(self):",
        "        super().__init__()",
        *(f"        {line}" for line in made),
        "",
        "    def forward(self, columns):",
        *(f"        {line}" for line in _encoding(about, dtype)),
    ]


def _encoding(about: Preprocessing, dtype: str) -> Iterator[str]:
    """The lines that turn `columns` into inputs."""
    yield "parts = []"
    if about.block_width:
        yield "numbers = ["
        if _is_wide(about):
            yield "    *(_numbers(columns[name]) for name in NUMBERS),"
        for name in [] if _is_wide(about) else about.numbers:
            yield f"    _numbers(columns[{name!r}]{_missing(about, name)}),"
        for name in about.datetimes:
            yield f"    *_datetime_parts(_numbers(columns[{name!r}]{_missing(about, name)})),"
        yield "]"
        yield "block = torch.stack(numbers, dim=1)"
        if about.refuses_missing:
            yield "if block.isnan().any():"
            yield '    raise ValueError("the model accepts no missing values")'
        yield "missing = block.isnan()"
        yield "block = torch.where(missing, self.fill, block)"
        yield "parts.append((block - self.center) / self.scale)"
        if about.indicators:
            yield f"parts.append(missing[:, {about.indicators}])"
        if (bins := about.bins) is not None:
            yield "passed = torch.clamp((block[:, self.bin_column] - self.bin_low) / self.bin_size, 0.0, 1.0)"
            yield f"parts.append({bins.scale} * (passed - self.bin_center))"
    for each in about.categories:
        arguments = f"columns[{each.column!r}], self.places[{each.column!r}], {each.unknown}"
        yield f"places = _places({arguments})"
        if about.is_one_hot:
            yield f"parts.append(nn.functional.one_hot(places, {each.count}))"
        else:
            yield "parts.append(places[:, None])"
    yield f"inputs = torch.cat([part.to(torch.{dtype}) for part in parts], dim=1)"
    yield "if not inputs.isfinite().all():"
    yield '    raise ValueError("a number is too large for the model")'
    yield "return inputs"


def _missing(about: Preprocessing, name: str) -> str:
    numbers = about.by_name[name].missing
    return f", missing={[*numbers]}" if numbers else ""


def _date_source(about: Preprocessing) -> str:
    """The function that makes the parts of datetimes, if there are any."""
    if not about.datetimes:
        return ""
    lines, parts = write_all(about.parts, torch_language("seconds"), {"seconds": "seconds"})
    body = [*lines, "return [", *(f"    {without_brackets(part)}," for part in parts), "]"]
    head = ["", "", "def _datetime_parts(seconds):", '    """What the network gets of datetimes, by the calendar."""']
    return "\n".join([*head, *(f"    {line}" for line in body)])


def _model(bundle: ModelBundle, activate: list[str]) -> Iterator[str]:
    """The class `Model`."""
    yield "class Model(nn.Module):"
    yield '    """Raw columns in, labels and probabilities or values out."""'
    yield ""
    yield "    def __init__(self):"
    yield "        super().__init__()"
    yield "        self.preprocessing = Preprocessing()"
    network = "Network()" if bundle.dtype == "float32" else f"Network().to(torch.{bundle.dtype})"
    if len(bundle.members) == 1:
        yield f"        self.network = {network}"
    else:
        yield f"        self.members = nn.ModuleList({network} for _ in range({len(bundle.members)}))"
    if bundle.kind == "values" and bundle.target is not None:
        count = len(bundle.target.center)
        for name in ("target_center", "target_scale"):
            yield f'        self.register_buffer("{name}", torch.zeros({count}, dtype=torch.float64))'
    yield ""
    yield "    def forward(self, columns):"
    yield f'        """{_returns(bundle)} for columns by name: lists of values, None for a missing one."""'
    yield "        return self.answer(self.preprocessing(columns))[1]"
    yield ""
    yield "    def answer(self, inputs):"
    numbers = "None" if bundle.kind == "values" else "The numbers of the labels"
    yield f'        """{numbers}, and what `forward` returns, for inputs of the network."""'
    yield from (f"        {line}" for line in _answer(bundle, activate))
    yield ""
    yield "    def predict(self, rows):"
    yield '        """Labels, or None, and values for rows: objects by column name."""'
    yield "        with torch.no_grad():"
    yield "            columns = {name: [row.get(name) for row in rows] for name in COLUMNS}"
    yield "            numbers, values = self.answer(self.preprocessing(columns))"
    labels = {
        "values": "return None, values.numpy()",
        "labels": "return numbers.tolist(), values.numpy()",
    }.get(bundle.kind, "return [LABELS[number] for number in numbers.tolist()], values.numpy()")
    yield f"            {labels}"


def _returns(bundle: ModelBundle) -> str:
    return "Probabilities" if bundle.has_probabilities else "Values" if bundle.kind == "values" else "Scores"


def _answer(bundle: ModelBundle, activate: list[str]) -> Iterator[str]:
    """The lines from the `inputs` to the numbers of labels and the values."""
    if len(bundle.members) == 1:
        yield "logits = x = self.network(inputs)"
        yield from (line.replace("self.", "self.network.") for line in activate)
    else:
        yield "answers = []"
        yield "for member in self.members:"
        yield "    x = member(inputs).double()"
        yield from (f"    {line.replace('self.', 'member.')}" for line in activate)
        yield "    answers.append(x)"
        yield f"x = torch.stack(answers).mean(dim=0).to(torch.{bundle.dtype})"
    decisive, threshold = ("logits", 0.0) if bundle.decides_on_logits else ("x", bundle.threshold)
    numbers = {
        "classes": f"{decisive}.argmax(dim=1)",
        "binary": f"({decisive}[:, 0] > {threshold}).long()",
        "labels": f"({decisive} > {threshold}).long()",
    }.get(bundle.kind, "None")
    if bundle.kind == "binary" and bundle.has_probabilities:
        yield f"return {numbers}, torch.cat([1 - x, x], dim=1)"
    elif bundle.kind == "values" and bundle.target is not None:
        yield f"return {numbers}, x.double() * self.target_scale + self.target_center"
    else:
        yield f"return {numbers}, x"


HEAD = '''\
"""Model {id}: a PyTorch module that takes raw columns.

    model = load()
    labels, values = model.predict([{"column": 1.5, …}, …])

Numbers may be None where one is missing; datetimes are seconds since 1970-01-01T00:00:00Z, times of day are seconds
since midnight.
"""

import json
import math
from pathlib import Path

import torch
from safetensors import safe_open
from torch import nn
'''
HELPERS = '''

def _numbers(values, missing=()):
    """Values as numbers in double precision, NaN for missing ones."""
    numbers = [math.nan if value is None or value in missing else float(value) for value in values]
    return torch.tensor(numbers, dtype=torch.float64)


def _places(values, known, unknown):
    """The place of each string of a column."""
    places = []
    for value in values:
        text = "" if value is None else _text(value)
        place = known.get(text)
        place = known.get(text.strip(" \\t\\n\\v\\f\\r"), unknown) if place is None else place
        if place < 0:
            raise ValueError(f"the model does not accept {value!r}")
        places.append(place)
    return torch.tensor(places, dtype=torch.int64)


def _text(value):
    """A category as a string: a number counts as the string that it is written as."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
'''
LOAD = '''

def load(path=Path(__file__).with_name("model.safetensors")):
    """The model with its weights, ready to predict."""
    model = Model()
    with safe_open(path, "pt") as file:
        weights = {name: file.get_tensor(name) for name in file.keys()}
        model.preprocessing.places = json.loads(file.metadata()["places"])
    model.load_state_dict(weights)
    return model.eval()
'''
CHECK = """\
import numpy as np
import model

predict = model.load().predict
"""
USAGE = """\
```python
import model

labels, values = model.load().predict(rows)
```

`rows` are objects by column name, with `None` for a missing value. `model.py` needs `torch` and `safetensors`.
"""
TORCH = Format(
    "torch",
    package.MEDIA_TYPE,
    "-torch.zip",
    write,
    describe_inputs,
    usual_outputs,
    limits,
    check=CHECK,
    usage=USAGE,
    files=write_files,
    main="model.py",
)
