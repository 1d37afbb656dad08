"""Translates pydantic's errors: a pointer into the client's document, and what is allowed there."""

import types
from collections.abc import Iterator, Sequence
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from steelyard.errors import MOST_ERRORS, Fault, meaning, nearest, pointer, shown
from steelyard.nn.component import Registry
from steelyard.nn.layers import LAYERS
from steelyard.training.components import SLOTS
from steelyard.training.shorthand import AUTO, AUTO_IN_TRAINING

Loc = Sequence[str | int]
AUTO_PLACES = {*((name,) for name in AUTO), *(("training", name) for name in AUTO_IN_TRAINING)}

TAGS = ("name", "type", "op")  # the fields that tell the models of a union apart

SHOULD_BE = {
    "int_type": "an integer",
    "int_from_float": "an integer",
    "int_parsing": "an integer",
    "int_parsing_size": "an integer within 64 bits",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "string_type": "a string",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "a name, or an object",
    "is_instance_of": "an object",
    "greater_than": "greater than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "string_pattern_mismatch": "a string that matches {pattern}",
    "string_too_short": "a string of at least {min_length} characters",
    "string_too_long": "a string of at most {max_length} characters",
    "too_short": "a list of at least {min_length} entries",
    "too_long": "at most {max_length} entries long",
}


def translate(error: ValidationError, model: type[BaseModel], expanded: Any, sent: Any) -> list[Fault]:
    """The faults in an error of `model` about `expanded`, with pointers into `sent`.

    Those that no answer lists are there to be counted, in pydantic's words: ours take longer.
    """
    found = error.errors(include_url=False)
    listed = [_fault(detail, model, expanded, sent) for detail in found[:MOST_ERRORS]]
    return listed + [Fault(pointer(*detail["loc"]), detail["msg"]) for detail in found[MOST_ERRORS:]]


def _fault(error: ErrorDetails, model: type[BaseModel], expanded: Any, sent: Any) -> Fault:
    loc, value = error["loc"], error["input"]
    place = pointer(*_place(loc, expanded, sent))
    context = error.get("ctx", {})
    match error["type"]:
        case "missing":
            return Fault(place, "is missing")
        case "extra_forbidden":
            return Fault(place, f"is not a known field; {_field_meant(model, loc)}")
        case "union_tag_not_found":
            tag = str(context["discriminator"]).strip("'")
            if isinstance(value, dict):
                return Fault(f"{place}/{tag}", f"is missing; known are {', '.join(_registry(loc).names)}")
            return Fault(place, f"is {shown(value)}; it must be a name, or an object with a {tag!r}")
        case "union_tag_invalid":
            return _no_such_part(error, place, sent)
        case "literal_error":
            known = _alternatives(str(context["expected"]))
            hint = nearest(str(value), known) if isinstance(value, str) else f"known are {', '.join(known)}"
            return Fault(place, f"is {shown(value)}; {hint}")
        case "model_attributes_type" if len(loc) > 1 and loc[-2] == "layers":
            return Fault(place, f"is {shown(value)}; it must be a number of units, or an object with a 'type'")
        case "value_error":
            return Fault(place, str(context["error"]))
        case kind if kind in SHOULD_BE:
            chosen = ", or 'auto'" if loc in AUTO_PLACES else ""
            return Fault(place, f"is {shown(value)}; it must be {SHOULD_BE[kind].format(**context)}{chosen}")
        case _:
            return Fault(place, f"is {shown(value)}, which is not valid here")


def _no_such_part(error: ErrorDetails, place: str, sent: Any) -> Fault:
    """The error for a component name that is unknown, or not supported in this place."""
    registry, value, context = _registry(error["loc"]), error["input"], error["ctx"]
    tag = str(context["discriminator"]).strip("'")
    seen = value[tag] if isinstance(value, dict) else value
    at = place if _leaf(sent, place) else f"{place}/{tag}"
    here = _alternatives(str(context["expected_tags"]))
    if isinstance(seen, str) and seen in registry:
        return Fault(at, f"is {shown(seen)}, which cannot be used here; use one of {', '.join(here)}")
    known = [*here, *registry.aliases] if isinstance(seen, str) else here
    return Fault(at, f"is {shown(seen)}; no {registry.family} has that name, {nearest(str(seen), known)}")


def _registry(loc: Loc) -> Registry[Any]:
    """Where the parts that may stand at `loc` are listed."""
    return next((SLOTS[part] for part in reversed(loc) if part in SLOTS), LAYERS)


def _alternatives(expected: str) -> list[str]:
    return [word.strip("'") for word in expected.replace(" or ", ", ").split(", ")]


def _place(loc: Loc, expanded: Any, sent: Any) -> Iterator[str | int]:
    """The tokens of `loc` that lead into what was sent: without the tags of unions, and no deeper than it goes."""
    before: str | int = ""  # the last token that leads on
    for token in loc:
        if isinstance(token, str) and token.startswith("("):
            continue  # the tag of a union that pydantic distinguishes by type
        is_tag = isinstance(expanded, dict) and token in map(expanded.get, TAGS)
        # pydantic puts the tag between; in a layer "activation", a field has the same name.
        if is_tag and (before in SLOTS or isinstance(before, int) or token not in expanded):
            before = ""
            continue
        if not isinstance(sent, (dict, list)):
            return  # the client wrote shorthand
        yield token
        before = token
        expanded = _child(expanded, token)
        if _child(sent, token) is _ABSENT:
            return
        sent = _child(sent, token)


_ABSENT = object()


def _child(document: Any, token: str | int) -> Any:
    if isinstance(document, dict):
        return document.get(token, _ABSENT)
    if isinstance(document, list) and isinstance(token, int) and token < len(document):
        return document[token]
    return _ABSENT


def _leaf(sent: Any, place: str) -> bool:
    for token in place.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        sent = _child(sent, int(key) if isinstance(sent, list) else key)
    return not isinstance(sent, (dict, list))


def _field_meant(model: type[BaseModel], loc: Loc) -> str:
    """The field that the unknown one at `loc` may be: one here, or one of the same name a level down."""
    name, here = str(loc[-1]), _fields(model, loc[:-1])
    if meaning(name, here) is not None:
        return nearest(name, here)
    found = {
        room: meant
        for room, field in model.model_fields.items()
        for below in _models(field.annotation)
        if room not in loc and (meant := meaning(name, below.model_fields)) is not None
    }
    if not found:
        return nearest(name, here)
    if {*found.values()} == {name}:
        return f"it belongs in {' or '.join(map(repr, found))}"
    return f"did you mean {' or '.join(f'{room}.{meant}' for room, meant in found.items())}?"


def _fields(model: type[BaseModel], loc: Loc) -> list[str]:
    """The names of the fields that the object at `loc` may have."""
    models = [model]
    for token in loc:
        if isinstance(token, str) and token.startswith("("):
            continue  # the tag of a union
        tagged = [found for found in models if _tag(found) == token]
        if tagged and len(models) > 1:  # of a single one, it is the field of the same name
            models = tagged
        elif isinstance(token, str):
            fields = [each.model_fields[token] for each in models if token in each.model_fields]
            models = [found for field in fields for found in _models(field.annotation)]
    return list(dict.fromkeys(name for found in models for name in found.model_fields))


def _tag(model: type[BaseModel]) -> str | None:
    for name in TAGS:
        field = model.model_fields.get(name)
        if field is not None and (values := get_args(field.annotation)) and isinstance(values[0], str):
            return values[0]
    return None


def _models(annotation: Any) -> list[type[BaseModel]]:
    """The models that an annotation holds: in unions, lists, `Annotated`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) in (Union, types.UnionType, list) or hasattr(annotation, "__metadata__"):
        return [model for part in get_args(annotation) for model in _models(part)]
    return []
