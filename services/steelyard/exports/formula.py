"""The formulas of activations as expressions, so that other languages and runtimes can compute them.

An activation is one Python expression in the functions of `steelyard.nn.elementwise`. Called with a symbol instead of
an array, it builds a tree of what it would compute: a new activation can be exported as soon as it exists.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.polynomial import chebyshev
from scipy import special

from steelyard.exports.refusal import CannotExport
from steelyard.nn.activations.base import Activation, Learned

UFUNCS = {"true_divide": "divide", "logical_and": "bitwise_and", "logical_or": "bitwise_or"}
ARITHMETIC = ("add", "subtract", "multiply", "divide", "negative")
COMPARISONS = ("greater", "greater_equal", "less", "less_equal")
LOGIC = ("bitwise_and", "bitwise_or")
FUNCTIONS = (
    *("exp", "expm1", "log", "log1p", "tanh", "erf", "sqrt", "power", "absolute", "sign", "maximum", "minimum"),
    *("sin", "cos", "floor", "where"),
)
OPERATIONS = frozenset((*ARITHMETIC, *COMPARISONS, *LOGIC, *FUNCTIONS))
ERF_TERMS = 26  # gives erf to 2e-16


@dataclass(frozen=True, eq=False)
class Expression:
    """A number (`constant`), a value with a name (`name`), or an operation on other expressions."""

    op: str
    operands: tuple["Expression", ...] = ()
    constant: float = 0.0
    name: str = ""

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *operands: Any, **options: Any) -> "Expression":
        if method != "__call__" or options:
            raise CannotExport(f"a formula uses numpy.{ufunc.__name__} in a way that exports do not support")
        return call(UFUNCS.get(ufunc.__name__, ufunc.__name__), *operands)

    def __array_function__(self, function: Any, types: Any, operands: Any, options: Any) -> "Expression":
        if options:
            raise CannotExport(f"a formula uses numpy.{function.__name__} in a way that exports do not support")
        return call(function.__name__, *operands)

    def __add__(self, other: Any) -> "Expression":
        return call("add", self, other)

    def __radd__(self, other: Any) -> "Expression":
        return call("add", other, self)

    def __sub__(self, other: Any) -> "Expression":
        return call("subtract", self, other)

    def __rsub__(self, other: Any) -> "Expression":
        return call("subtract", other, self)

    def __mul__(self, other: Any) -> "Expression":
        return call("multiply", self, other)

    def __rmul__(self, other: Any) -> "Expression":
        return call("multiply", other, self)

    def __truediv__(self, other: Any) -> "Expression":
        return call("divide", self, other)

    def __rtruediv__(self, other: Any) -> "Expression":
        return call("divide", other, self)

    def __neg__(self) -> "Expression":
        return call("negative", self)

    def __gt__(self, other: Any) -> "Expression":
        return call("greater", self, other)

    def __ge__(self, other: Any) -> "Expression":
        return call("greater_equal", self, other)

    def __lt__(self, other: Any) -> "Expression":
        return call("less", self, other)

    def __le__(self, other: Any) -> "Expression":
        return call("less_equal", self, other)

    def __and__(self, other: Any) -> "Expression":
        return call("bitwise_and", self, other)

    def __or__(self, other: Any) -> "Expression":
        return call("bitwise_or", self, other)

    @property
    def is_constant(self) -> bool:
        """Whether it is a number."""
        return self.op == "constant"


def named(name: str) -> Expression:
    """A value with a name."""
    return Expression("name", name=name)


def call(op: str, *operands: Any) -> Expression:
    """An operation on expressions and numbers. Raises `CannotExport`."""
    if op not in OPERATIONS:
        raise CannotExport(f"a formula uses {op}, which cannot be exported")
    return Expression(op, tuple(map(_as_expression, operands)))


def _as_expression(value: Any) -> Expression:
    if isinstance(value, Expression):
        return value
    if isinstance(value, (bool, np.bool_)) or not np.isscalar(value):
        raise CannotExport("a formula uses a value that is neither a number nor made of its arguments")
    return Expression("constant", constant=float(value))  # type: ignore[arg-type]


def trace(activation: Activation) -> Expression:
    """What an activation makes of the value `z`; the weights that it learns have their own names.

    Raises `CannotExport` for an activation that is not a formula of each value alone.
    """
    z = named("z")
    if isinstance(activation, Learned):
        return _as_expression(activation.value(z, *map(named, activation.weight_slopes)))
    curve = activation.curve
    if curve is None:
        raise CannotExport(f"the activation {activation.name} is not a formula of each value alone")
    return _as_expression(curve.value(z, *curve.parameters))


def without_erf(expression: Expression) -> Expression:
    """The same expression for runtimes that do not have the error function in double precision."""
    done: dict[int, Expression] = {}

    def rewrite(node: Expression) -> Expression:
        if id(node) not in done:
            operands = tuple(map(rewrite, node.operands))
            new = Expression(node.op, operands, node.constant, node.name)
            done[id(node)] = _expand_erf(operands[0]) if node.op == "erf" else new
        return done[id(node)]

    return rewrite(expression)


def _expand_erf(x: Expression) -> Expression:
    """`erf x = sign x · (1 − t exp(P(t) − x²))`, `t = 2 / (2 + |x|)`; `P` by Clenshaw's recurrence."""
    t = 2.0 / (2.0 + call("absolute", x))
    twice = 4.0 * t - 2.0
    first, *rest = _erf_coefficients()
    last: Any = 0.0
    current: Any = rest[-1]
    for coefficient in rest[-2::-1]:
        last, current = current, twice * current - last + coefficient
    series = 0.5 * twice * current - last + first
    return call("sign", x) * (1.0 - t * call("exp", series - x * x))


@cache
def _erf_coefficients() -> tuple[float, ...]:
    """The Chebyshev series of `log(erfc(x) exp(x²) / t)` over `t` in (0, 1], `x = 2 / t − 2`."""

    def values(place: Any) -> Any:
        t = np.maximum((place + 1) / 2, 1e-12)
        return np.log(special.erfcx(2 / t - 2) / t)

    return tuple(chebyshev.chebinterpolate(values, ERF_TERMS).tolist())


Template = str | Callable[[tuple[Expression, ...], tuple[str, ...]], str]


@dataclass(frozen=True)
class Language:
    """How a language writes expressions: each operation, a number, and a line that names a value."""

    operations: Mapping[str, Template]
    constant: Callable[[float], str]
    assign: Callable[[str, str], str]


def write(expression: Expression, language: Language, names: Mapping[str, str]) -> tuple[list[str], str]:
    """Lines that name what is used more than once, and the expression, in a language.

    `names` are what the names of the expression are called there.
    """
    lines, [text] = write_all([expression], language, names)
    return lines, text


def write_all(
    expressions: Sequence[Expression], language: Language, names: Mapping[str, str]
) -> tuple[list[str], list[str]]:
    """The same for several expressions, which may have parts in common."""
    uses = Counter[int]()

    def count(node: Expression) -> None:
        uses[id(node)] += 1
        if uses[id(node)] == 1:
            for operand in node.operands:
                count(operand)

    for expression in expressions:
        count(expression)
    lines: list[str] = []
    known: dict[int, str] = {}

    def render(node: Expression) -> str:
        if node.is_constant:
            return language.constant(node.constant)
        if node.op == "name":
            return names[node.name]
        if id(node) not in known:
            template = language.operations[node.op]
            texts = tuple(map(render, node.operands))
            text = template.format(*texts) if isinstance(template, str) else template(node.operands, texts)
            if uses[id(node)] > 1:
                name = f"t{len(lines) + 1}"
                lines.append(language.assign(name, without_brackets(text)))
                text = name
            known[id(node)] = text
        return known[id(node)]

    return lines, [render(expression) for expression in expressions]


def evaluate(expression: Expression, values: Mapping[str, Any]) -> Any:
    """The value of an expression, by NumPy, for arrays by name."""
    known: dict[int, Any] = {}

    def value(node: Expression) -> Any:
        if node.is_constant:
            return node.constant
        if node.op == "name":
            return values[node.name]
        if id(node) not in known:
            function = special.erf if node.op == "erf" else getattr(np, node.op)
            known[id(node)] = function(*map(value, node.operands))
        return known[id(node)]

    with np.errstate(all="ignore"):
        return value(expression)


def plain(number: float) -> str:
    """A number as Python, C and JavaScript write it."""
    if not math.isfinite(number):
        raise CannotExport(f"a formula has the constant {number}, which cannot be exported")
    return repr(number)


def function(name: str) -> Template:
    """The call of a function."""
    return lambda _, texts: f"{name}({', '.join(map(without_brackets, texts))})"


def without_brackets(text: str) -> str:
    """The text without brackets around all of it."""
    depth = 0
    for place, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0 and place < len(text) - 1:
            return text
    return text[1:-1] if text.startswith("(") else text
