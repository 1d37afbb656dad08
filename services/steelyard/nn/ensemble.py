"""Several networks of the same layers that answer as one: the mean of their outputs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from steelyard.nn.averaging import MEANS, Mean, MeanOfOutputs
from steelyard.nn.layers.base import Place, TensorSpec
from steelyard.nn.network import Network
from steelyard.nn.one_hot import OneHot

Array = NDArray[Any]
T = TypeVar("T")


def member_name(number: int) -> str:
    """What the member of this number, from 1, is called."""
    return f"member_{number}"


def by_member(several: Sequence[Mapping[str, T]]) -> dict[str, T]:
    """One mapping of those of the members: `dense_1/kernel` of the first becomes `member_1.dense_1/kernel`."""
    return {
        f"{member_name(number)}.{name}": value
        for number, each in enumerate(several, start=1)
        for name, value in each.items()
    }


class Ensemble:
    """Networks that have the same layers and different weights.

    It has what a `Network` has for those who only look at its weights or ask it: every tensor is called by its member
    (`member_2.dense_1/kernel`).
    """

    def __init__(self, members: Sequence[Network]) -> None:
        first = members[0]
        self.members = tuple(members)
        self.inputs, self.outputs, self.dtype = first.inputs, first.outputs, first.dtype
        self.output_activation = first.output_activation

    @property
    def places(self) -> list[Place]:
        """The layers of all members."""
        return [
            replace(place, name=f"{member_name(number)}.{place.name}")
            for number, member in enumerate(self.members, start=1)
            for place in member.places
        ]

    @property
    def size(self) -> int:
        """How many weights all members have."""
        return sum(member.size for member in self.members)

    def specs(self) -> dict[str, TensorSpec]:
        """What every tensor is, by its full name and in order."""
        return by_member([member.specs() for member in self.members])

    def tensors(self) -> dict[str, Array]:
        """The weights of all members by full name (`member_1.dense_1/kernel`) and in order."""
        return by_member([member.tensors() for member in self.members])

    def predict(self, x: Array) -> Array:
        """Outputs `(rows, outputs)`, activated, for inputs `(rows, inputs)`."""
        return self.compute(x, logits=False)

    def compute(self, x: Array | OneHot, *, logits: bool) -> Array:
        """The mean outputs `(rows, outputs)`; with `logits` those whose activation is the mean.

        A row's bits do not depend on the rows that come with it. Several threads may compute at once.
        """
        found = np.stack([member.compute(x, logits=logits) for member in self.members])
        with np.errstate(all="ignore"):  # a value that is not finite gives a mean that is not
            return self.mean(logits=logits).forward(found.astype(np.float64)).astype(self.dtype)

    def mean(self, *, logits: bool) -> Mean:
        """The mean over the members' outputs, or over their `logits`: of an activation that is a link, its own."""
        return MEANS.get(self.output_activation.name, MeanOfOutputs()) if logits else MeanOfOutputs()

    def activate(self, logits: Array) -> Array:
        """The output layer's activation of logits `(rows, outputs)`."""
        return self.members[0].activate(logits)


AnyNetwork = Network | Ensemble
