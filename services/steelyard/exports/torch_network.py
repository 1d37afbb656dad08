"""The network of a model as the source of an `nn.Module`, and its weights by PyTorch's names.

Kernels are transposed: `nn.Linear` has `(units, inputs)`.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.exports.formula import Expression, Language, function, plain, without_brackets, write
from steelyard.exports.program import Affine, Block, Lookup, Moving, OverRow, Pointwise, RowNormal, Step

Array = NDArray[Any]


def _bounded(side: str, of_two: str) -> Any:
    def render(operands: tuple[Expression, ...], texts: tuple[str, ...]) -> str:
        for place, operand in enumerate(operands):
            if operand.is_constant:  # torch.maximum takes no numbers
                return f"torch.clamp({without_brackets(texts[1 - place])}, {side}={texts[place]})"
        return f"torch.{of_two}({', '.join(map(without_brackets, texts))})"

    return render


def _where(argument: str) -> Any:
    def render(operands: tuple[Expression, ...], texts: tuple[str, ...]) -> str:
        text = f"torch.where({', '.join(map(without_brackets, texts))})"  # of two numbers it would have the usual type
        return f"{text}.to({argument}.dtype)" if all(each.is_constant for each in operands[1:]) else text

    return render


def torch_language(argument: str) -> Language:
    """How PyTorch writes formulas of this tensor."""
    return Language(
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
            "bitwise_and": "({0} & {1})",
            "bitwise_or": "({0} | {1})",
            "absolute": function("torch.abs"),
            "power": function("torch.pow"),
            **{
                name: function(f"torch.{name}")
                for name in ("exp", "expm1", "log", "log1p", "tanh", "erf", "sqrt", "sign", "sin", "cos", "floor")
            },
            "maximum": _bounded("min", "maximum"),
            "minimum": _bounded("max", "minimum"),
            "where": _where(argument),
        },
        plain,
        lambda name, text: f"{name} = {text}",
    )


class NetworkSource:
    """The source of a network's class, and the functions that it uses."""

    def __init__(self) -> None:
        self.functions: dict[str, list[str]] = {}  # the lines of each activation, by its name
        self._names: dict[str, str] = {}  # of activations, by their formulas

    def network(self, steps: Sequence[Step], activation: Sequence[Step]) -> list[str]:
        """The lines of the class `Network`, whose outputs are logits; it has the weights of their activation."""
        made, computed = self._steps(steps, "")
        made += self._steps(activation, "")[0]
        return [
            "class Network(nn.Module):",
            '    """The layers; the outputs are logits, before the activation of the output layer."""',
            "",
            "    def __init__(self):",
            "        super().__init__()",
            *(f"        {line}" for line in made),
            "",
            "    def forward(self, x):",
            *(f"        {line}" for line in computed),
            "        return x",
        ]

    def activation(self, steps: Sequence[Step]) -> list[str]:
        """The lines that activate `x`, the logits of `self`."""
        return self._steps(steps, "")[1]

    def _steps(self, steps: Sequence[Step], path: str) -> tuple[list[str], list[str]]:
        made: list[str] = []
        computed: list[str] = []
        for step in steps:
            more, lines = self._step(step, path)
            made += more
            computed += lines
        return made, computed

    def _step(self, step: Step, path: str) -> tuple[list[str], list[str]]:
        """The lines that make what a step needs, and those that compute it."""
        name = path + step.name
        match step:
            case Affine(_, kernel, bias):
                inputs, units = kernel.shape
                return [f"self.{name} = nn.Linear({inputs}, {units}{'' if bias is not None else ', bias=False'})"], [
                    f"x = self.{name}(x)"
                ]
            case Pointwise():
                return self._pointwise(step, name)
            case OverRow(_, log):
                return [], [f"x = torch.{'log_softmax' if log else 'softmax'}(x, dim=1)"]
            case Moving():
                options = f"{len(step.gamma)}, eps={step.epsilon!r}, momentum={1 - step.momentum:.10g}"
                return [f"self.{name} = nn.BatchNorm1d({options})"], [f"x = self.{name}(x)"]
            case RowNormal(_, gamma, _, epsilon):
                return [f"self.{name} = nn.LayerNorm({len(gamma)}, eps={epsilon!r})"], [f"x = self.{name}(x)"]
            case Lookup():
                return _look_up(step, name)
            case Block(_, inner, projection):
                made, computed = self._steps(inner, f"{name}_")
                past = f"{name}_input"
                if projection is None:
                    return made, [f"{past} = x", *computed, f"x = x + {past}"]
                inputs, units = projection.shape
                made.append(f"self.{name}_projection = nn.Linear({inputs}, {units}, bias=False)")
                return made, [f"{past} = x", *computed, f"x = x + self.{name}_projection({past})"]

    def _pointwise(self, step: Pointwise, name: str) -> tuple[list[str], list[str]]:
        function = self._function(step)
        weights = {each: f"self.{name}_{each}" for each in step.weights}
        made = [f"{weights[each]} = nn.Parameter(torch.zeros({len(step.weights[each])}))" for each in weights]
        return made, [f"x = {function}({', '.join(['x', *weights.values()])})"]

    def _function(self, step: Pointwise) -> str:
        """The name of the function of an activation, which is written once."""
        part = step.activation
        lines, result = write(step.formula, torch_language("z"), {"z": "z", **{each: each for each in step.weights}})
        body = [f"    {line}" for line in [*lines, f"return {without_brackets(result)}"]]
        key = "\n".join(body)
        if key not in self._names:
            number = sum(name.startswith(f"{part.name}") for name in self.functions)
            name = part.name if not number else f"{part.name}_{number + 1}"
            self._names[key] = name
            formula = part.formula.replace("\\", "").replace('"', "'")
            head = [f"def {name}({', '.join(['z', *step.weights])}):", f'    """{formula}"""']
            self.functions[name] = [*head, *body]
        return self._names[key]


def _look_up(step: Lookup, name: str) -> tuple[list[str], list[str]]:
    made, parts = [], [f"x[:, {[*step.others]}]"] if step.others else []
    for column, table in zip(step.columns, step.tables, strict=True):
        made.append(f"self.{name}_{column} = nn.Embedding({table.shape[0]}, {table.shape[1]})")
        parts.append(f"self.{name}_{column}(x[:, {column}].clamp(0, {len(table) - 1}).round().long())")
    return made, [f"x = torch.cat([{', '.join(parts)}], dim=1)"]


def weights_of_model(members: Sequence[tuple[Sequence[Step], Sequence[Step]]]) -> dict[str, Array]:
    """The weights of all networks of a model by the names of its module: views of the tensors."""
    found: dict[str, Array] = {}
    for number, (steps, activation) in enumerate(members):
        prefix = "network" if len(members) == 1 else f"members.{number}"
        found |= {f"{prefix}.{name}": value for name, value in weights_of([*steps, *activation]).items()}
    return found


def weights_of(steps: Sequence[Step], path: str = "") -> dict[str, Array]:
    """The weights of a network by the names of its module."""
    found: dict[str, Array] = {}
    for step in steps:
        name = path + step.name
        match step:
            case Affine(_, kernel, bias):
                found[f"{name}.weight"] = kernel.T
                found |= {} if bias is None else {f"{name}.bias": bias}
            case Pointwise(_, _, _, weights):
                found |= {f"{name}_{each}": weight for each, weight in weights.items()}
            case Moving(_, gamma, beta, mean, variance):
                found |= {f"{name}.weight": gamma, f"{name}.bias": beta}
                found |= {f"{name}.running_mean": mean, f"{name}.running_var": variance}
                found[f"{name}.num_batches_tracked"] = np.zeros((), np.int64)
            case RowNormal(_, gamma, beta):
                found |= {f"{name}.weight": gamma, f"{name}.bias": beta}
            case Lookup(_, columns, _, tables):
                found |= {f"{name}_{column}.weight": table for column, table in zip(columns, tables, strict=True)}
            case Block(_, inner, projection):
                found |= weights_of(inner, f"{name}_")
                found |= {} if projection is None else {f"{name}_projection.weight": projection.T}
            case OverRow():
                pass
    return found
