"""The networks of a model as calls in C, with their arrays on the stack."""

from collections.abc import Sequence

from steelyard.exports.bundle import ModelBundle
from steelyard.exports.formula import Language, function, plain
from steelyard.exports.refusal import CannotExport
from steelyard.exports.script import Script, Tables, Variable

MOST_ON_STACK = 1 << 16  # doubles that a call of the model keeps: 512 KB
PLAIN = frozenset(range(32, 127)) - {*b'"\\?'}
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
        "absolute": function("fabs"),
        "power": function("pow"),
        "where": "({0} ? {1} : {2})",
        **{
            name: function(name)
            for name in ("exp", "expm1", "log", "log1p", "tanh", "erf", "sqrt", "sin", "cos", "floor")
        },
        **{name: function(name) for name in ("maximum", "minimum", "sign")},
    },
    plain,
    lambda name, text: f"const double {name} = {text};",
)


class CScript(Script):
    """Each step writes to a separate array; one that changes its inputs changes a copy."""

    language = LANGUAGE

    def __init__(self, bundle: ModelBundle) -> None:
        super().__init__(bundle)
        self.kept = 0  # doubles on the stack

    def _new(self, width: int) -> Variable:
        variable = Variable(f"x{len(self.lines)}", width)
        self.lines.append(f"double {variable.name}[{width}];")
        self.kept += width
        if self.kept > MOST_ON_STACK:
            raise CannotExport(f"the layers have more than {MOST_ON_STACK} units, which are too many for C's stack")
        return variable

    def _copy(self, x: Variable) -> Variable:
        """What x is, in a variable that may change: the inputs stay as they are."""
        new = self._new(x.width)
        self.lines.append(f"memcpy({new.name}, {x.name}, sizeof {new.name});")
        return new

    def _each(self, x: Variable, text: str) -> None:
        self.lines.append(f"for (int i = 0; i < {x.width}; i++) {x.name}[i] = {text};")

    def affine(self, name: str, x: Variable, kernel: str, bias: str, units: int) -> Variable:
        self.lines.append(f"/* {name} */")
        y = self._new(units)
        arguments = f"{x.name}, {x.width}, {kernel}, {bias or 'NULL'}, {units}, {y.name}"
        self.lines.append(f"{self.call('affine')}({arguments});")
        return y

    def pointwise(self, name: str, x: Variable, function: str, weights: list[str]) -> Variable:
        y = self._copy(x)
        values = "".join(f", {weight}[i]" for weight in weights)
        self._each(y, f"{function}({y.name}[i]{values})")
        return y

    def over_row(self, name: str, x: Variable, *, log: bool) -> Variable:
        y = self._copy(x)
        self.lines.append(f"{self.call('log_softmax' if log else 'softmax')}({y.name}, {y.width});")
        return y

    def moving(self, name: str, x: Variable, arrays: list[str]) -> Variable:
        scale, mean, beta = arrays
        y = self._copy(x)
        self._each(y, f"({y.name}[i] - {mean}[i]) * {scale}[i] + {beta}[i]")
        return y

    def row_normal(self, name: str, x: Variable, arrays: list[str], epsilon: float) -> Variable:
        y = self._copy(x)
        self.lines.append(f"{self.call('row_normal')}({y.name}, {y.width}, {', '.join(arrays)}, {epsilon!r});")
        return y

    def look_up(self, name: str, x: Variable, others: Sequence[int], tables: Tables) -> Variable:
        y = self._new(len(others) + sum(units for *_, units in tables.values()))
        for place, other in enumerate(others):
            self.lines.append(f"{y.name}[{place}] = {x.name}[{other}];")
        first = len(others)
        for table, (column, count, units) in tables.items():
            source = f"{table}[{self.call('table_row')}({x.name}[{column}], {count}) * {units} + i]"
            self.lines.append(f"for (int i = 0; i < {units}; i++) {y.name}[{first} + i] = {source};")
            first += units
        return y

    def add(self, name: str, x: Variable, past: Variable) -> Variable:
        y = self._copy(x)
        self._each(y, f"{y.name}[i] + {past.name}[i]")
        return y

    def function(self, name: str, arguments: list[str], lines: list[str], result: str, about: str) -> str:
        body = "\n".join(f"  {line}" for line in [*lines, f"return {result};"])
        listed = ", ".join(f"double {argument}" for argument in arguments)
        return f"/* {ascii_text(about)} */\nstatic double {name}({listed}) {{\n{body}\n}}\n"


def ascii_text(text: str) -> str:
    """A text for a comment, with the signs of formulas as ASCII."""
    for sign, plain_sign in {
        "·": "*",
        "−": "-",
        "√": "sqrt",
        "α": "alpha",
        "σ": "sigma",
        "π": "pi",
        "Φ": "Phi",
    }.items():
        text = text.replace(sign, plain_sign)
    return text.encode("ascii", "replace").decode().replace("*/", "* /").replace("\\", "/")


def string(text: str) -> str:
    """A C string, in UTF-8. Raises `CannotExport` for a string with a NUL character."""
    content = text.encode("utf-8", "surrogatepass")
    if b"\0" in content:
        raise CannotExport("a string with a NUL character cannot be written in C")
    return '"' + "".join(chr(byte) if byte in PLAIN else f"\\{byte:03o}" for byte in content) + '"'
