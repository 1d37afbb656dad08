"""What every part of the trainer is: a frozen dataclass with declared ranges, found by its name.

A part (an initializer, an activation, a loss, an optimizer, a layer …) is added in one place: a class under
its registry's decorator. Schema, catalog and documentation are read off it, so this module knows nothing
of them.
"""

import importlib
import pkgutil
from collections.abc import Iterable, Iterator
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
    compiled: ClassVar[bool] = False  # whether the compiled engine has kernels for this class; not inherited

    def why_not_compiled(self) -> str | None:
        """Why the compiled engine cannot run it, in words that follow its name; `None` if it can.

        NumPy runs every part. Asked before a run: a class that is derived from one with kernels may compute something
        else, so it counts as new.
        """
        return None if vars(type(self)).get("compiled", False) else "has no compiled form"

    def __post_init__(self) -> None:
        for parameter, choices, limits in _checks(type(self)):
            value = getattr(self, parameter, None)
            if choices and value not in choices:
                raise InvalidParameter(parameter, f"is {value!r}; {nearest(str(value), choices)}")
            for bound in limits:
                if isinstance(value, (int, float)) and not _holds(bound, value):
                    raise InvalidParameter(parameter, f"is {value!r}; it must be {describe(bound)}")


def is_inherited(part: type[Part], base: type[Part], *methods: str) -> bool:
    """Whether a class has these methods of `base`, and overrides none of them."""
    return all(getattr(part, method) is getattr(base, method) for method in methods)


def _hints(part: type[Part]) -> dict[str, Any]:
    """The annotations of a class, which Python would evaluate again each time; its own, not those of a class above."""
    if part not in _HINTS:
        _HINTS[part] = get_type_hints(part, include_extras=True)
    return _HINTS[part]


def _checks(part: type[Part]) -> list[tuple[str, tuple[Any, ...], tuple[object, ...]]]:
    """The parameters of a class that not every value is right for: their choices, and their bounds."""
    if part not in _CHECKS:
        found = [
            (name, get_args(hint) if get_origin(hint) is Literal else (), getattr(hint, "__metadata__", ()))
            for name, hint in _hints(part).items()
        ]
        _CHECKS[part] = [(name, choices, limits) for name, choices, limits in found if choices or limits]
    return _CHECKS[part]


_HINTS: dict[Any, dict[str, Any]] = {}
_CHECKS: dict[Any, list[tuple[str, tuple[Any, ...], tuple[object, ...]]]] = {}


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


def _require_whole(part: type[Part]) -> None:
    """That a class is a frozen dataclass and has all that its family asks of it, so that no run finds it missing."""
    if "__dataclass_params__" not in vars(part):
        raise TypeError(f"{part.__name__} must be a dataclass: put @dataclass(frozen=True) before it")
    missing = [
        name for name, hint in _hints(part).items() if ClassVar in (hint, get_origin(hint)) and not hasattr(part, name)
    ]
    missing += [name for name in dir(part) if getattr(getattr(part, name, None), "__isabstractmethod__", False)]
    if missing:
        raise TypeError(f"{part.__name__} does not define {', '.join(missing)}")


def load_modules(package: str, path: Iterable[str]) -> None:
    """Import every module of a package of parts, so that a file put there is enough to add a part."""
    for module in pkgutil.iter_modules(path):
        importlib.import_module(f"{package}.{module.name}")


P = TypeVar("P", bound=Part)


class Registry(Generic[P]):
    """The parts of one family, by name and by alias. `tag` is the key that names one in a request."""

    def __init__(self, family: str, *, tag: str = "name") -> None:
        self.family = family
        self.tag = tag
        self._parts: dict[str, type[P]] = {}
        self._aliases: dict[str, str] = {}

    def add(self, part: type[P]) -> type[P]:
        """Take a class into the family; a decorator. Raises `TypeError` if it is not whole."""
        _require_whole(part)
        for name in (part.name, *part.aliases):
            if name in self._parts or name in self._aliases:
                raise ValueError(f"{self.family} {name!r} is already registered")
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
