"""Components as pydantic models, generated from their classes: a component is defined in the trainer alone."""

import dataclasses
import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, Field, create_model

from steelyard.documents.schema import Strict
from steelyard.nn.activations import ACTIVATIONS, Activation
from steelyard.nn.clipping import GRADIENT_CLIPS
from steelyard.nn.component import Part, Registry, parameters
from steelyard.nn.constraints import CONSTRAINTS, Constraint
from steelyard.nn.initializers import INITIALIZERS, Initializer
from steelyard.nn.layers import LAYERS, Layer
from steelyard.nn.losses import LOSSES, Loss
from steelyard.nn.metrics import METRICS
from steelyard.nn.optimizers import OPTIMIZERS, Optimizer
from steelyard.nn.regularizers import REGULARIZERS, Regularizer
from steelyard.nn.schedules import SCHEDULES, Schedule

REGISTRIES: dict[str, Registry[Any]] = {
    "layers": LAYERS,
    "initializers": INITIALIZERS,
    "activations": ACTIVATIONS,
    "losses": LOSSES,
    "optimizers": OPTIMIZERS,
    "schedules": SCHEDULES,
    "regularizers": REGULARIZERS,
    "constraints": CONSTRAINTS,
    "gradient_clips": GRADIENT_CLIPS,
    "metrics": METRICS,
}
FAMILIES: dict[type[Part], Registry[Any]] = {
    Layer: LAYERS,
    Initializer: INITIALIZERS,
    Activation: ACTIVATIONS,
    Loss: LOSSES,
    Optimizer: OPTIMIZERS,
    Schedule: SCHEDULES,
    Regularizer: REGULARIZERS,
    Constraint: CONSTRAINTS,
}
JOB_SLOTS: dict[str, Registry[Any]] = {
    "initializer": INITIALIZERS,
    "bias_initializer": INITIALIZERS,
    "activation": ACTIVATIONS,
    "regularizer": REGULARIZERS,
    "constraint": CONSTRAINTS,
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
    "loss": LOSSES,
}
"""The fields that name components of a job; they are the defaults of its layers."""


def _family(hint: Any) -> type[Part] | None:
    """The family of a parameter that is a part, or may be one."""
    kinds = [hint] if isinstance(hint, type) else [kind for kind in get_args(hint) if kind is not types.NoneType]
    return next((kind for kind in kinds if isinstance(kind, type) and kind in FAMILIES and kind is not Layer), None)


def _all_slots() -> dict[str, Registry[Any]]:
    found = dict(JOB_SLOTS)
    for registry in REGISTRIES.values():
        for part in registry:
            for parameter in parameters(part):
                family = _family(parameter.hint)
                if family is None or get_origin(parameter.hint) is tuple:
                    continue
                if found.setdefault(parameter.name, FAMILIES[family]) is not FAMILIES[family]:
                    raise TypeError(f"{part.__name__}.{parameter.name} is of another family than elsewhere")
    return found


SLOTS = _all_slots()
"""Every field that names a part, in jobs and in parts: where a name stands for a part with its defaults."""

MOST_VALUES = 100  # in a list that is one parameter


class PartModel(Strict):
    """A part as a client writes it. A nested part that is left out takes the job's default, or else its class's."""

    def to_part(self) -> Any:
        """The trainer's part that this describes."""
        part = PARTS[type(self)]
        values = {parameter.name: _to_value(getattr(self, parameter.name)) for parameter in parameters(part)}
        return part(**values)


def _to_value(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(map(_to_value, value))
    return value.to_part() if isinstance(value, PartModel) else value


PARTS: dict[type[BaseModel], type[Part]] = {}
MODELS: dict[type[Part], type[PartModel]] = {}


def model_of(part: type[Part], tag: str) -> type[PartModel]:
    """The model of one class of parts, told from the others by its `tag`; made once."""
    if part in MODELS:
        return MODELS[part]
    fields: dict[str, Any] = {tag: (Literal[part.name], ...)}
    for parameter in parameters(part):
        annotation, nested = _annotation(parameter.hint, part)
        default: Any = ... if parameter.default is dataclasses.MISSING else parameter.default
        if nested and parameter.name in JOB_SLOTS:
            default = None  # filled in from the job
        elif isinstance(default, Part):
            annotation = annotation if type(None) in get_args(parameter.hint) else union_of(FAMILIES[_root(default)])
            default = Field(_document(default), validate_default=True)
        fields[parameter.name] = (annotation, default)
    model = create_model(part.__name__, __base__=PartModel, __doc__=part.__doc__, **fields)
    PARTS[model] = part
    MODELS[part] = model
    return model


def _root(part: Part) -> type[Part]:
    """The family of a part."""
    return next(family for family in FAMILIES if isinstance(part, family))


def _document(part: Part) -> dict[str, Any]:
    """A part as a client would write it."""
    values = {parameter.name: getattr(part, parameter.name) for parameter in parameters(type(part))}
    inner = {name: _document(value) if isinstance(value, Part) else value for name, value in values.items()}
    return {FAMILIES[_root(part)].tag: part.name, **inner}


def union_of(registry: Registry[Any]) -> Any:
    """Any part of a registry, by its tag."""
    models = tuple(model_of(part, registry.tag) for part in registry)
    return Annotated[Union[models], Field(discriminator=registry.tag)]  # noqa: UP007 -- made at run time


def _annotation(hint: Any, part: type[Part]) -> tuple[Any, bool]:
    """The annotation for a parameter of `part`, and whether the parameter is a part itself."""
    kinds = [kind for kind in get_args(hint) if kind is not types.NoneType]
    if get_origin(hint) is tuple:
        several = Field(min_length=1, max_length=MOST_VALUES)
        return Annotated[list[_annotation(kinds[0], part)[0]], several], False  # type: ignore[misc]
    if get_origin(hint) in (Union, types.UnionType) and kinds[0] in FAMILIES:
        return _annotation(kinds[0], part)
    if hint is Layer:  # layers within a layer: of any kind but its own
        models = tuple(model_of(other, LAYERS.tag) for other in LAYERS if other is not part)
        return Annotated[Union[models], Field(discriminator=LAYERS.tag)], True  # noqa: UP007 -- made at run time
    if isinstance(hint, type) and hint in FAMILIES:
        return union_of(FAMILIES[hint]) | None, True
    return hint, False
