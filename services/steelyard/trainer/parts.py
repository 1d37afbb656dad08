"""What every part of the trainer is: a frozen dataclass with declared ranges, found by its name.

A part (an initialiser, an activation, a loss, an optimiser, a layer …) is added in one place: a class under
its registry's decorator. Schema, catalogue and documentation are read off it, so this module knows nothing
of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Generic, Literal, TypeVar, get_args, get_origin, get_type_hints

import annotated_types as bounds

from steelyard.errors import InvalidParameter, nearest


@dataclass(frozen=True)
class Part:
    """A named piece of a network or of its training, with parameters whose ranges are in their annotations.

    Raises `InvalidParameter` when it is made with a value out of range.
    """

    name: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]] = ()
    formula: ClassVar[str]
    source: ClassVar[str]

    def __post_init__(self) -> None:
        for parameter, hint in _hints(type(self)).items():
            value = getattr(self, parameter, None)
            if get_origin(hint) is Literal and value not in get_args(hint):
                raise InvalidParameter(parameter, f"is {value!r}; {nearest(str(value), get_args(hint))}")
            for bound in getattr(hint, "__metadata__", ()):
                if isinstance(value, (int, float)) and not _holds(bound, value):
                    raise InvalidParameter(parameter, f"is {value!r}; it must be {describe(bound)}")


def _hints(part: type[Part]) -> dict[str, Any]:
    """The annotations of a class, which Python would evaluate anew each time; its own, not those of a class above."""
    if part not in _HINTS:
        _HINTS[part] = get_type_hints(part, include_extras=True)
    return _HINTS[part]


_HINTS: dict[Any, dict[str, Any]] = {}


def _holds(bound: object, value: Any) -> bool:
    match bound:
        case bounds.Gt(gt):
            return bool(value > gt)
        case bounds.Ge(ge):
            return bool(value >= ge)
        case bounds.Lt(lt):
            return bool(value < lt)
        case bounds.Le(le):
            return bool(value <= le)
        case _:
            return True


def describe(bound: object) -> str:
    """A bound in words: 'greater than 0'."""
    match bound:
        case bounds.Gt(gt):
            return f"greater than {gt}"
        case bounds.Ge(ge):
            return f"at least {ge}"
        case bounds.Lt(lt):
            return f"less than {lt}"
        case bounds.Le(le):
            return f"at most {le}"
        case _:
            raise TypeError(f"{bound!r} is not a bound that parts are declared with")


@dataclass(frozen=True)
class Parameter:
    """One parameter of a part, as its class declares it. `hint` keeps its bounds (`typing.Annotated`)."""

    name: str
    hint: Any
    default: Any


def parameters(part: type[Part]) -> list[Parameter]:
    """The parameters of a class of parts, in order; `dataclasses.MISSING` where one has no default."""
    hints = _hints(part)
    return [Parameter(field.name, hints[field.name], field.default) for field in fields(part)]


P = TypeVar("P", bound=Part)


class Registry(Generic[P]):
    """The parts of one family, by name and by alias. `tag` is the key that names one in a request."""

    def __init__(self, family: str, *, tag: str = "name") -> None:
        self.family = family
        self.tag = tag
        self._parts: dict[str, type[P]] = {}
        self._aliases: dict[str, str] = {}

    def add(self, part: type[P]) -> type[P]:
        """Take a class into the family; a decorator."""
        for name in (part.name, *part.aliases):
            if name in self._parts or name in self._aliases:
                raise ValueError(f"{self.family} {name!r} is there already")
        self._parts[part.name] = part
        self._aliases.update(dict.fromkeys(part.aliases, part.name))
        return part

    def __iter__(self) -> Iterator[type[P]]:
        return iter(self._parts.values())

    def __contains__(self, name: str) -> bool:
        return name in self._parts or name in self._aliases

    def __getitem__(self, name: str) -> type[P]:
        return self._parts[self._aliases.get(name, name)]

    @property
    def names(self) -> tuple[str, ...]:
        """The first names of all parts, without aliases."""
        return tuple(self._parts)

    @property
    def aliases(self) -> dict[str, str]:
        """Every alias with the name that it stands for."""
        return dict(self._aliases)
