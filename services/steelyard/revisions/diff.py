"""How two models differ: tensor by tensor, after their hidden units are matched, and on held-out rows."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine

from steelyard.datasets.reader_pool import Readers
from steelyard.inference.service import Loaded, Predictor
from steelyard.nn.alignment import align, find_units, permute
from steelyard.nn.ensemble import AnyNetwork, member_name
from steelyard.revisions import schema
from steelyard.revisions.held_out import count_disagreements, load_job_data, read_spec
from steelyard.training.sources import why_no_data

Array = NDArray[Any]
Tensors = Mapping[str, Array]
MOST_ROWS = 10_000


class Differ:
    """Compares the models that `predictor` loads from the database behind `engine`; `readers` read large jobs' rows."""

    def __init__(self, engine: Engine, predictor: Predictor, readers: Readers) -> None:
        self._engine, self._predictor, self._readers = engine, predictor, readers

    def compare(self, first: str, second: str, *, aligned: bool) -> schema.ModelDiff:
        """The differences of two models, by id or alias. Raises `NotFound`."""
        first_id, one = self._predictor.get(first)
        second_id, other = self._predictor.get(second)
        mine, theirs = one.network.tensors(), other.network.tensors()
        notes: list[str] = []
        permutation: dict[str, list[int]] | None = None
        if aligned and _shapes(mine) != _shapes(theirs):
            notes.append("the models have different layers, so that their units cannot be matched")
        elif aligned:
            theirs, permutation = align_models(one.network, mine, theirs)
        common = [name for name in mine if name in theirs and mine[name].shape == theirs[name].shape]
        found = [compare_tensors(name, mine[name], theirs[name]) for name in common]
        together = compare_tensors("", *(_joined(tensors, common) for tensors in (mine, theirs)))
        held_out = self._compare_answers((first_id, second_id), one, other, notes)
        uncompared = [
            schema.Uncompared(name=name, first=_shapes(mine).get(name), second=_shapes(theirs).get(name))
            for name in [*mine, *(name for name in theirs if name not in mine)]
            if name not in common
        ]
        return schema.ModelDiff(
            object="diff",
            first=first_id,
            second=second_id,
            aligned=permutation is not None,
            equal=not uncompared and together.changed == 0,
            distance=together.distance,
            cosine=together.cosine,
            tensors=found,
            uncompared=uncompared,
            held_out=held_out,
            notes=notes,
            **({} if permutation is None else {"permutation": permutation}),
        )

    def _compare_answers(
        self, ids: tuple[str, str], one: Loaded, other: Loaded, notes: list[str]
    ) -> schema.HeldOutDiff | None:
        data = load_job_data(self._engine, self._readers, ids[0])
        if data is None:
            why = why_no_data(read_spec(self._engine, ids[0]), "the first model")
            data = load_job_data(self._engine, self._readers, ids[1])
            if data is None:
                notes.append(f"{why}, so that no answers are compared")
                return None
            notes.append(f"{why}, so that the answers are compared on rows of the second model's job")
        split, rows = data.held_out
        rows = rows[:MOST_ROWS]
        x, y = data.encode(one, rows), data.encode(other, rows)
        if x is None or y is None or one.labels != other.labels:
            notes.append("the models have different inputs or classes, so that no answers are compared")
            return None
        answers = [
            said if model.target is None else model.target.inverse(said)
            for model, said in ((one, one.answer(x).predictions), (other, other.answer(y).predictions))
        ]
        if answers[0].shape != answers[1].shape:
            notes.append("the models have different targets, so that no answers are compared")
            return None
        disagree, apart = count_disagreements(answers[0], answers[1], data.supervised.y[rows])
        distance = {} if apart is None else {"mean_difference": _finite(apart)}
        return schema.HeldOutDiff(split=split, rows=len(rows), disagree=disagree, **distance)


def align_models(network: AnyNetwork, mine: Tensors, theirs: Tensors) -> tuple[dict[str, Array], dict[str, list[int]]]:
    """Their tensors with units in my order, and that order by layer, where it changes anything; member by member."""
    aligned, permutation = dict(theirs), dict[str, list[int]]()
    for number, member in enumerate(network.members, start=1):
        prefix = f"{member_name(number)}." if len(network.members) > 1 else ""
        first, second = (_of_member(tensors, prefix) for tensors in (mine, theirs))
        orders = align(member.places, first, second)
        for units in find_units(member.places):
            second = permute(second, units, orders[units.layer])
        aligned |= {f"{prefix}{name}": tensor for name, tensor in second.items()}
        permutation |= {
            f"{prefix}{layer}": order.tolist()
            for layer, order in orders.items()
            if not np.array_equal(order, np.arange(len(order)))
        }
    return aligned, permutation


def compare_tensors(name: str, first: Array, second: Array) -> schema.TensorDiff:
    """Two tensors of one shape."""
    one, other = first.astype(np.float64), second.astype(np.float64)
    apart = one - other
    changed = int((first != second).sum())
    lengths = float(np.linalg.norm(one)), float(np.linalg.norm(other))
    distance = float(np.linalg.norm(apart))
    largest = None
    if changed:
        index = np.unravel_index(int(np.abs(apart).argmax()), apart.shape)
        largest = schema.LargestChange(
            index=[int(place) for place in index], first=_finite(float(one[index])), second=_finite(float(other[index]))
        )
    return schema.TensorDiff(
        name=name,
        shape=[*first.shape],
        distance=_finite(distance),
        relative_distance=_finite(distance / lengths[0]) if lengths[0] else None,
        cosine=_finite(min(1.0, float(np.vdot(one, other)) / (lengths[0] * lengths[1]))) if all(lengths) else None,
        changed=changed,
        largest_change=largest,
    )


def _of_member(tensors: Tensors, prefix: str) -> dict[str, Array]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _shapes(tensors: Tensors) -> dict[str, list[int]]:
    return {name: [*tensor.shape] for name, tensor in tensors.items()}


def _joined(tensors: Tensors, names: list[str]) -> Array:
    return np.concatenate([np.ravel(tensors[name]) for name in names] or [np.zeros(0)])


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
