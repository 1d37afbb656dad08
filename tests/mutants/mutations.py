"""The mutants of a source file: cosmic-ray's operators, each place of the file in turn."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher


@dataclass(frozen=True)
class Mutant:
    """A source with one small change. `before` is the first line that changed, `after` what it became."""

    text: str
    line: int
    before: str
    after: str


def places_of(source: str, operators: Sequence[str]) -> list[tuple[str, int]]:
    """Every place where an operator may change the source: the operator's name, and the place's number for it."""
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.plugins import get_operator

    nodes = [*ast_nodes(get_ast(source))]
    found = []
    for name in operators:
        operator = get_operator(f"core/{name}")()
        count = sum(1 for node in nodes for _ in operator.mutation_positions(node))
        found += [(name, number) for number in range(count)]
    return found


def mutants_of(source: str, places: Sequence[tuple[str, int]]) -> Iterator[Mutant]:
    """The mutants at these places, without those that are no Python or mean the same as the source or an earlier one.

    To make one takes about as long as to test one: so they are made when they are asked for.
    """
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

    seen = {_meaning(source)}
    for name, number in places:
        text = mutate_code(source, get_operator(f"core/{name}")(), number)
        try:
            meaning = _meaning(text)
        except SyntaxError:
            continue
        if meaning not in seen:
            seen.add(meaning)
            yield _mutant(source, text)


def _mutant(source: str, text: str) -> Mutant:
    before, after = source.splitlines(), text.splitlines()
    for kind, start, stop, new_start, new_stop in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        for line in range(start, stop):
            if kind != "equal" and before[line].strip():
                added = " ".join(each.strip() for each in after[new_start:new_stop])
                return Mutant(text, line + 1, before[line].strip(), added)
    raise AssertionError("a mutant that differs in blank lines alone means the same")


def _meaning(source: str) -> str:
    """The syntax tree without type hints, which no test can tell apart; two sources of equal meaning are one mutant."""
    return ast.dump(_WithoutHints().visit(ast.parse(source)))


class _WithoutHints(ast.NodeTransformer):
    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_arguments(self, node: ast.arguments) -> ast.AST:
        node.args = [*node.posonlyargs, *node.args, *node.kwonlyargs]  # `*` and `/` between arguments are hints
        node.defaults = [*node.defaults, *filter(None, node.kw_defaults)]
        node.posonlyargs, node.kwonlyargs, node.kw_defaults = [], [], []
        return self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> ast.AST | None:
        return None if node.arg == "strict" else self.generic_visit(node)  # of zip: an assertion of ours

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.annotation = _WithoutUnions().visit(node.annotation)  # ranges of parameters stay: they mean something
        return self.generic_visit(node)


class _WithoutUnions(ast.NodeTransformer):
    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        return ast.Tuple([node.left, node.right], ast.Load())
