"""A model from bare weights, whose layers the request describes, or the file itself."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from steelyard.errors import Fault, ValidationFailed, pointer
from steelyard.imports.contents import CannotImport, Contents
from steelyard.imports.draft import Draft, specs_of
from steelyard.imports.matching import group, match
from steelyard.imports.request import PART, ImportRequest, Scaling, in_part
from steelyard.nn.network import OUTPUT
from steelyard.tabular.categories import Categories
from steelyard.tabular.encoder import Encoder
from steelyard.tabular.encoder_options import EncoderOptions
from steelyard.tabular.scaling import Scaler
from steelyard.tabular.types.category import Category
from steelyard.tabular.types.column_type import ColumnType
from steelyard.tabular.types.number import Number
from steelyard.training.defaults import LOSS_OF_TASK, fill_layers
from steelyard.training.schema import JobSpec
from steelyard.training.schema_errors import translate
from steelyard.training.shorthand import expand

Array = NDArray[Any]
LINKS = {"binary": "sigmoid", "multiclass": "softmax", "multilabel": "sigmoid"}
OF_LAYERS = ("layers", "activation", "output")
OF_SCALING = ("scaling", "target_scaling")
OF_SPEC = ("layers", "output", "ensemble")
LONGEST = 200  # of a column's name


def draft_of(contents: Contents, asked: ImportRequest, digest: str) -> Draft:
    """The model of these weights, from a file with this SHA-256. Raises `CannotImport`, `ValidationFailed`."""
    asked, columns = _with_network(contents, asked)
    width, units = _widths(contents, asked)
    columns = columns if columns is not None else [{"name": None, "categories": None}] * width
    spec = _read_spec(contents, asked, digest, len(columns), units)
    inputs = _encoder(_column_names(asked.inputs, columns), [each["categories"] for each in columns], asked.scaling)
    classes = None
    targets = ["y"] if spec.task != "multilabel" and units == 1 else [f"y{place}" for place in range(units)]
    if spec.task in ("binary", "multiclass"):
        count = 2 if spec.task == "binary" else units
        classes = [*range(count)] if asked.classes is None else asked.classes
        if len(classes) != count:
            raise _fault("classes", f"has {len(classes)} labels; the output layer is for {count} classes")
        targets = ["y"]
    elif asked.classes is not None:
        raise _fault("classes", f"is given, and the task is {spec.task}, which has none")
    if asked.targets is not None:
        targets = _names(asked.targets, len(targets), "targets")
    target = None
    if spec.task == "regression":
        target = _scaler(asked.target_scaling, len(targets), "target_scaling")
    elif asked.target_scaling is not None:
        raise _fault("target_scaling", f"is given; the task is {spec.task}, whose targets are not scaled")
    spec = spec.model_copy(update={"data": spec.data.model_copy(update={"target": targets})})
    draft = Draft(spec, inputs, target, targets, classes, {}, notes=contents.notes)
    shapes = {name: each.shape for name, each in specs_of(spec, inputs, draft.units).items()}
    tensors = match(contents.tensors, shapes, asked.modules, spec.training.dtype)
    return replace(draft, tensors=tensors)


def _with_network(contents: Contents, asked: ImportRequest) -> tuple[ImportRequest, list[dict[str, Any]] | None]:
    """The request with what the file says, and the columns that it has. Raises `ValidationFailed`, `CannotImport`."""
    network = contents.network
    if network is None:
        return asked, None
    given = {name: network[name] for name in OF_SCALING if network.get(name) is not None}
    if faults := [name for name in (*OF_LAYERS, *given) if getattr(asked, name) is not None]:
        raise ValidationFailed([Fault(pointer(PART, name), "comes from the file; leave it out") for name in faults])
    try:
        found = {name: Scaling.model_validate(value) for name, value in given.items()}
    except ValidationError:
        raise CannotImport("its scaling has values that are not finite, or more than 10,000 of them") from None
    return asked.model_copy(update=found), network.get("columns")


def _widths(contents: Contents, asked: ImportRequest) -> tuple[int, int]:
    """How many inputs the first kernel has, and how many outputs the last."""
    groups = group(contents.tensors)
    order = [*groups] if asked.modules is None else [each for each in asked.modules if each in groups]
    if asked.modules is None:  # by this service's names, the output layer is the last
        order.sort(key=lambda module: module.rpartition(".")[2] == OUTPUT)
    kernels = []
    for module in order:
        for role in ("kernel", "weight"):
            tensor = contents.tensors.get(groups[module].get(role, ""))
            if tensor is not None and tensor.ndim == 2:
                kernels.append(tensor.shape[::-1] if role == "weight" else tensor.shape)
    if not kernels:
        raise CannotImport("it has no kernel: a tensor of two axes whose name ends with 'kernel' or 'weight'")
    return kernels[0][0], kernels[-1][1]


def _read_spec(contents: Contents, asked: ImportRequest, digest: str, inputs: int, units: int) -> JobSpec:
    """The specification of a job that makes such a network, filled in."""
    network = {name: getattr(asked, name) for name in OF_LAYERS if getattr(asked, name) is not None}
    if contents.network is not None:
        network = {name: contents.network[name] for name in OF_SPEC if name in contents.network}
    elif asked.layers is None:
        raise _fault("layers", "is missing; it must be the list of the hidden layers, as in a job")
    numeric, target = (("none" if each is None else "standard") for each in (asked.scaling, asked.target_scaling))
    sent = {
        "data": {"inline": {"rows": 0, "columns": inputs, "sha256": digest}},
        "preprocessing": {"numeric": numeric, "target": target},
        "validation": None,
        "training": {"epochs": 1, "batch_size": 32, "dtype": _dtype(contents)},
        "optimizer": "adam",
        **network,
    }
    try:
        spec = JobSpec.model_validate(expand(sent))
    except ValidationError as error:
        faults = translate(error, JobSpec, expand(sent), sent)
        if contents.network is not None:
            raise CannotImport(f"its network is not supported: {faults[0].pointer} {faults[0].detail}") from None
        raise ValidationFailed(in_part(faults)) from None
    document = spec.to_json()
    task = _task(asked, spec, units)
    link = LINKS.get(task, "linear")
    document |= {"task": task, "loss": {"name": LOSS_OF_TASK[task]}}
    document["output"]["activation"] = document["output"]["activation"] or {"name": link}
    if task in LINKS and document["output"]["activation"]["name"] != link:
        raise _fault("output/activation", f"must be {link!r} for the task {task}")
    if task == "binary" and units != 1:
        raise _fault("task", f"is 'binary', which has one output; the weights have {units}")
    fill_layers([*document["layers"], document["output"]], [*(spec.layers or ()), spec.output], document)
    return JobSpec.model_validate(document)


def _task(asked: ImportRequest, spec: JobSpec, units: int) -> str:
    if asked.task is not None:
        return asked.task
    if asked.target_scaling is not None:
        return "regression"
    activation = None if spec.output.activation is None else spec.output.activation.name
    if activation == "softmax" or (activation is None and asked.classes is not None and units > 1):
        return "multiclass"
    if activation == "sigmoid" or (activation is None and asked.classes is not None):
        return "binary" if units == 1 else "multilabel"
    return "regression"


def _dtype(contents: Contents) -> str:
    """float64 only if all weights are."""
    kinds = {tensor.dtype.name for tensor in contents.tensors.values() if tensor.ndim}
    return "float64" if kinds == {"float64"} else "float32"


def _names(given: list[str], count: int, field: str) -> list[str]:
    if len(given) != count:
        raise _fault(field, f"has {len(given)} names; the weights have {count}")
    if len({*given}) != count:
        raise _fault(field, "has a name twice")
    return given


def _column_names(given: list[str] | None, columns: list[dict[str, Any]]) -> list[str]:
    """The names of the columns: those of the request, or of the file where it has some; else `x0` and so on."""
    if given is not None:
        return _names(given, len(columns), "inputs")
    found = [each["name"] for each in columns]
    named = {name for name in found if name is not None}
    unnamed = [f"x{place}" for place in range(len(columns))]
    if len(named) + found.count(None) < len(columns) or named & {*unnamed}:
        return unnamed
    return [plain if name is None else name[:LONGEST] for name, plain in zip(found, unnamed, strict=True)]


def _encoder(names: list[str], categories: list[int | None], scaling: Scaling | None) -> Encoder:
    """How rows become inputs: numbers are scaled, and numbers of categories one-hot encoded with so many places."""
    options = EncoderOptions(numeric="none" if scaling is None else "standard")
    scaler = _scaler(scaling, categories.count(None), "scaling")
    kinds: dict[str, ColumnType] = {}
    places = []
    for name, count in zip(names, categories, strict=True):
        kinds[name] = Number() if count is None else Category()
        if count is not None:  # the last place is for whatever has none
            labels = tuple(map(str, range(count - 1)))
            places.append(Categories(name, labels, missing=False, fill=None, merged=0))
    # A missing value counts as the center, which is what scaling takes for the typical value.
    return Encoder(options, kinds, scaler, scaler.center.copy(), [], places)


def _scaler(scaling: Scaling | None, count: int, field: str) -> Scaler:
    if scaling is None:
        return Scaler("none", np.zeros(count), np.ones(count))
    for name, values in (("center", scaling.center), ("scale", scaling.scale)):
        if len(values) != count:
            raise _fault(f"{field}/{name}", f"has {len(values)} numbers; the weights have {count}")
    if 0 in scaling.scale:
        raise _fault(f"{field}/scale", "has a zero, by which nothing can be divided")
    return Scaler("standard", np.array(scaling.center, np.float64), np.array(scaling.scale, np.float64))


def _fault(place: str, detail: str) -> ValidationFailed:
    return ValidationFailed([Fault(pointer(PART, *place.split("/")), detail)])
