"""The labels of a column as places: one input each, or the rows of an embedding."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from steelyard.tabular.encoder_options import EncoderOptions
from steelyard.tabular.types.category import Category
from steelyard.tabular.types.markers import NULLS
from steelyard.tabular.values import MISSING, Values, trimmed

Rows = NDArray[np.int64]
IS_MISSING, IS_UNKNOWN = "is missing", "is unknown"


@dataclass(frozen=True)
class Categories:
    """The labels of one column that have a separate place, and whether missing values have one.

    The last place is for whatever else comes: rare labels, and such as were not there in training.
    """

    name: str
    labels: tuple[Any, ...]
    missing: bool
    fill: Any  # the label that missing values count as, where they have no separate place
    merged: int  # labels of the training rows that were too rare

    @classmethod
    def fit(cls, name: str, values: Values, options: EncoderOptions) -> Self:
        """The most frequent labels of training rows, the first seen among equals first; then in their own order."""
        assert values.labels is not None
        counts = np.bincount(values.array[values.array >= 0], minlength=len(values.labels))
        order = sorted(np.flatnonzero(counts).tolist(), key=lambda code: (-counts[code], values.labels[code]))  # type: ignore[index]
        kept = [code for code in order if counts[code] >= options.min_frequency][: options.max_categories]
        has_missing = bool((values.array == MISSING).any()) and options.missing in ("mean", "median")
        fill = values.labels[order[0]] if options.missing == "most_frequent" and order else None
        labels = tuple(sorted(values.labels[code] for code in kept))
        return cls(name, labels, has_missing, fill, len(order) - len(kept))

    @property
    def places(self) -> int:
        """How many places there are."""
        return len(self.labels) + self.missing + 1

    @property
    def titles(self) -> list[str]:
        """What each place is for."""
        named = [f"{self.name}={label}" for label in self.labels]
        return [*named, *([f"{self.name} {IS_MISSING}"] if self.missing else []), f"{self.name} {IS_UNKNOWN}"]

    @cached_property
    def known(self) -> Mapping[str, int]:
        """The place of each label that has one. Those of older models are not trimmed, and known by both."""
        places = {label: place for place, label in enumerate(self.labels)}
        return {trimmed(label): place for label, place in places.items()} | places

    @cached_property
    def _place_of_missing(self) -> int:
        return len(self.labels) if self.missing else self.known.get(self.fill, self.places - 1)

    def place(self, label: Any) -> int:
        """The place of a label, or of `None`, which is a missing one."""
        if label is None:
            return self._place_of_missing
        place = self.known.get(label)
        return self.known.get(trimmed(label), self.places - 1) if place is None else place

    def read(self, value: Any) -> float:
        """The place of a value of JSON. Raises `TypeError`; `ValueError` for a string that means a missing value."""
        label = value if type(value) is str else Category().read(value)
        if not label or label.isspace():
            raise ValueError("it is blank")
        place = self.known.get(label)
        if place is None and trimmed(label) in self.nulls:
            raise ValueError("it means a missing value")
        return self.place(label) if place is None else place

    @cached_property
    def nulls(self) -> frozenset[str]:
        """The strings that mean a missing value, as in a CSV file: those like `NA` that are no category here."""
        return NULLS - self.known.keys()

    def read_known(self, value: Any) -> float:
        """The same. Raises `ValueError` for a label that was not in the training data, too."""
        place = self.read(value)
        if place == self.places - 1:
            raise ValueError("it is new")
        return place

    def find(self, values: Values) -> Rows:
        """The place of each value."""
        assert values.labels is not None
        # The last entry serves the code MISSING, which is -1.
        places = np.array([*map(self.place, values.labels), self._place_of_missing], np.int64)
        found: Rows = places[values.array]
        return found
