"""From columns to the network's inputs: fitted on the training rows, kept as JSON, the same bits at inference.

Each cell is encoded by itself, so one row comes out with the same bits as among a million, in any order of columns.
Numbers and datetimes make a block of scaled values; each column of categories is one-hot, or a number for an embedding.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from steelyard.tabular.column import Column
from steelyard.tabular.datetime_parts import PARTS, Parts, read_parts
from steelyard.tabular.json_rows import CellReader, Reading
from steelyard.tabular.scaling import Scaler
from steelyard.tabular.types.category import Category
from steelyard.tabular.types.column_type import ColumnType, Encoding
from steelyard.tabular.types.markers import NULLS
from steelyard.tabular.types.number import Number
from steelyard.tabular.types.registry import type_from_json
from steelyard.tabular.values import MISSING, Values, trimmed

Array = NDArray[Any]
Rows = NDArray[np.int64]
IS_MISSING, IS_UNKNOWN = "is missing", "is unknown"
ROWS_AT_ONCE = 512


@dataclass(frozen=True)
class EncoderOptions:
    """How columns are to be encoded; the names are those of a job's `preprocessing`."""

    numeric: str = "standard"
    categorical: Literal["one_hot", "embedding", "ignore"] = "one_hot"
    datetime: Parts | Literal["ignore"] = "cyclic"
    missing: Literal["mean", "median", "most_frequent", "error"] = "mean"
    missing_indicator: bool = False
    unknown: Literal["bucket", "error"] = "bucket"
    max_categories: int = 256  # all countries of the world, say
    min_frequency: int = 1

    def ignores(self, kind: ColumnType) -> bool:
        """Whether columns of this type are dropped."""
        return {"categories": self.categorical, "datetime": self.datetime}.get(kind.encoding) == "ignore"


@dataclass(frozen=True)
class Categories:
    """The labels of one column that have a place of their own, and whether a missing one has, too.

    The last place is for whatever else comes: rare labels, and such as were not there in training.
    """

    name: str
    labels: tuple[Any, ...]
    missing: bool
    fill: Any  # the label that a missing one counts as, where it has no place of its own
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


@dataclass(frozen=True)
class Layout:
    """The network's inputs: how many, and which of them are numbers of categories, of how many each."""

    width: int
    embedded: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Encoder:
    """All that turns raw columns into the network's inputs.

    The block of numbers begins with the columns that are encoded as numbers, in the order of the features; the parts
    of datetimes follow them. `fill` replaces missing values, `(block,)`; `indicators` are the places in the block that
    have a missing-value indicator, which is an input, too.
    """

    options: EncoderOptions
    features: dict[str, ColumnType]
    scaler: Scaler
    fill: NDArray[np.float64]
    indicators: list[int]
    categories: list[Categories]

    @classmethod
    def fit(cls, columns: Mapping[str, Column], rows: Rows, options: EncoderOptions) -> Self:
        """Fit to the training rows, by number, of these columns."""
        features = _features(columns, options)
        numbers, datetimes, categorical = (_encoded_as(how, features) for how in ("number", "datetime", "categories"))
        taken = {name: columns[name].values.take(rows) for name in (*numbers, *datetimes)}
        every = slice(0, len(rows))
        block = _block(_stack([*taken.values()], every), len(numbers), options)
        fill = np.array([_fill(column, options.missing) for column in block.T])
        filled = np.where(np.isnan(block), fill, block)
        scaler = Scaler.fit(filled, options.numeric)
        categories = [Categories.fit(name, columns[name].values.take(rows), options) for name in categorical]
        return cls(options, features, scaler, fill, _indicators(columns, features, options), categories)

    @cached_property
    def numbers(self) -> list[str]:
        """The columns that are encoded as numbers."""
        return _encoded_as("number", self.features)

    @cached_property
    def datetimes(self) -> list[str]:
        """The columns that are encoded by the parts of their datetimes."""
        return _encoded_as("datetime", self.features)

    @cached_property
    def types(self) -> dict[str, ColumnType]:
        """The type of each feature; strings like `NA` that are no category are missing values in every format."""
        nulls = {each.name: tuple(each.nulls) for each in self.categories}
        return {
            name: replace(kind, missing=(*kind.missing, *nulls.get(name, ()))) for name, kind in self.features.items()
        }

    @cached_property
    def cells(self) -> CellReader:
        """Reads rows of JSON into the cells that `encode_cells` takes."""
        missing = self.options.missing != "error"
        readings = {
            name: Reading(kind.read, np.nan, kind.is_missing if kind.missing else None)
            for name, kind in self.features.items()
            if kind.encoding != "categories" and (kind.missing or not isinstance(kind, Number))
        }
        for each in self.categories:
            read = each.read_known if self.options.unknown == "error" else each.read
            kind = self.features[each.name]
            readings[each.name] = Reading(read, each.place(None), kind.is_missing if kind.missing else None)
        if not missing:
            readings = {name: replace(reading, missing=None) for name, reading in readings.items()}
        order = [*self.numbers, *self.datetimes, *(each.name for each in self.categories)]
        return CellReader([*self.features], order, readings, with_missing=missing)

    @cached_property
    def labels(self) -> dict[str, frozenset[Any]]:
        """The labels that each column of categories knows."""
        return {each.name: frozenset(each.known) for each in self.categories}

    @cached_property
    def layout(self) -> Layout:
        """Of what the network gets."""
        return _layout(len(self.fill) + len(self.indicators), self.categories, self.options)

    @property
    def titles(self) -> list[str]:
        """What each of the network's inputs is."""
        names = [*self.numbers, *(f"{name} {part}" for name in self.datetimes for part in _parts(self.options))]
        titles = [*names, *(f"{names[place]} {IS_MISSING}" for place in self.indicators)]
        for each in self.categories:
            titles += [each.name] if self.options.categorical == "embedding" else each.titles
        return titles

    @cached_property
    def places(self) -> dict[str, Rows]:
        """The places among the network's inputs of each feature, in the features' order."""
        step = len(_parts(self.options))
        found = {name: [place] for place, name in enumerate(self.numbers)}
        for index, name in enumerate(self.datetimes):
            first = len(self.numbers) + index * step
            found[name] = [*range(first, first + step)]
        width = len(self.fill)
        for place in self.indicators:
            [owner] = [name for name, places in found.items() if place in places]
            found[owner] = [*found[owner], width]
            width += 1
        for each in self.categories:
            count = 1 if self.options.categorical == "embedding" else each.places
            found[each.name] = [*range(width, width + count)]
            width += count
        return {name: np.array(found[name], np.int64) for name in self.features}

    def encode(self, columns: Mapping[str, Values], dtype: Any) -> Array:
        """The network's inputs `(rows, width)` for these columns."""
        rows = len(next(iter(columns.values())).array)
        numbers = [columns[name] for name in (*self.numbers, *self.datetimes)]
        found = [each.find(columns[each.name]) for each in self.categories]
        x = np.zeros((rows, self.layout.width), dtype)
        for first in range(0, rows, ROWS_AT_ONCE):  # columns become rows within the processor's cache
            some = slice(first, min(first + ROWS_AT_ONCE, rows))
            self._encode_cells(_stack(numbers, some, [each[some] for each in found]), x[some])
        return x

    def encode_cells(self, cells: NDArray[np.float64], dtype: Any) -> Array:
        """The inputs for cells `(rows, columns)`: numbers and datetimes, NaN where one is missing, and places."""
        x = np.zeros((len(cells), self.layout.width), dtype)
        self._encode_cells(cells, x)
        return x

    def _encode_cells(self, cells: NDArray[np.float64], x: Array) -> None:
        """Fill in `x` `(rows, width)`, where zeros stand."""
        values = len(self.numbers) + len(self.datetimes)
        block = _block(cells[:, :values], len(self.numbers), self.options)
        width = block.shape[1]
        if np.isnan(np.add.reduce(block, axis=None)):
            missing = np.isnan(block)
            block = np.where(missing, self.fill, block)
            if self.indicators:
                x[:, width : width + len(self.indicators)] = missing[:, self.indicators]
        self.scaler.transform(block, x[:, :width])
        if self.options.categorical == "embedding":
            x[:, width + len(self.indicators) :] = cells[:, values:]
        elif self.categories:
            x[np.arange(len(x))[:, None], self._first_places + cells[:, values:].astype(np.int64)] = 1

    @cached_property
    def _first_places(self) -> Rows:
        """Where the places of each column of categories begin among the network's inputs."""
        return np.cumsum([len(self.fill) + len(self.indicators), *(each.places for each in self.categories)])[:-1]

    def to_json(self) -> dict[str, Any]:
        """As values that JSON holds without loss."""
        return {
            "options": asdict(self.options),
            "features": {name: kind.to_json() for name, kind in self.features.items()},
            "scaler": self.scaler.to_json(),
            "fill": [None if np.isnan(value) else value for value in self.fill.tolist()],
            "indicators": self.indicators,
            "categories": [asdict(each) | {"labels": list(each.labels)} for each in self.categories],
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """From what `to_json` gave."""
        return cls(
            EncoderOptions(**document["options"]),
            {name: type_from_json(kind) for name, kind in document["features"].items()},
            Scaler.from_json(document["scaler"]),
            np.array(document["fill"], np.float64),
            document["indicators"],
            [Categories(**each | {"labels": tuple(each["labels"])}) for each in document["categories"]],
        )


def measure(columns: Mapping[str, Column], rows: Rows, options: EncoderOptions) -> Layout:
    """The layout that `Encoder.fit` would give, from no more columns than that takes."""
    features = _features(columns, options)
    numbers, datetimes, categorical = (_encoded_as(how, features) for how in ("number", "datetime", "categories"))
    categories = [Categories.fit(name, columns[name].values.take(rows), options) for name in categorical]
    block = len(numbers) + len(datetimes) * len(_parts(options))
    return _layout(block + len(_indicators(columns, features, options)), categories, options)


def _layout(width: int, categories: Sequence[Categories], options: EncoderOptions) -> Layout:
    if options.categorical != "embedding":
        return Layout(width + sum(each.places for each in categories))
    embedded = tuple((width + place, each.places) for place, each in enumerate(categories))
    return Layout(width + len(categories), embedded)


def _features(columns: Mapping[str, Column], options: EncoderOptions) -> dict[str, ColumnType]:
    """The columns that are encoded at all, with their types."""
    return {name: column.type for name, column in columns.items() if not options.ignores(column.type)}


def _encoded_as(how: Encoding, features: Mapping[str, ColumnType]) -> list[str]:
    return [name for name, kind in features.items() if kind.encoding == how]


def _parts(options: EncoderOptions) -> tuple[str, ...]:
    return () if options.datetime == "ignore" else PARTS[options.datetime]


def _indicators(
    columns: Mapping[str, Column], features: Mapping[str, ColumnType], options: EncoderOptions
) -> list[int]:
    """Places in the block of columns in which anything is missing at all, so that they are known before the fit."""
    if not options.missing_indicator:
        return []
    numbers, datetimes = _encoded_as("number", features), _encoded_as("datetime", features)
    places = [place for place, name in enumerate(numbers) if columns[name].missing]
    step = len(_parts(options))
    return places + [len(numbers) + place * step for place, name in enumerate(datetimes) if columns[name].missing]


def _stack(columns: Sequence[Values], rows: slice, further: Sequence[Rows] = ()) -> NDArray[np.float64]:
    """Some rows, numbers as they are, booleans as 0 and 1: `(rows, columns)`, NaN where one is missing.

    What is stacked already stands behind them.
    """
    stacked = np.empty((rows.stop - rows.start, len(columns) + len(further)))
    for place, values in enumerate(columns):
        array = values.array[rows]
        stacked[:, place] = array
        if values.labels is not None:
            stacked[array == MISSING, place] = np.nan
    for place, places in enumerate(further, len(columns)):
        stacked[:, place] = places
    return stacked


def _block(values: NDArray[np.float64], numbers: int, options: EncoderOptions) -> NDArray[np.float64]:
    """So many numbers, followed by the parts of datetimes."""
    if options.datetime == "ignore" or values.shape[1] == numbers:
        return values
    parts = read_parts(values[:, numbers:], options.datetime)
    return np.concatenate([values[:, :numbers], parts.transpose(1, 2, 0).reshape(len(values), -1)], axis=1)


def _fill(column: NDArray[np.float64], how: str) -> float:
    present = column[~np.isnan(column)]
    if how == "error" or not len(present):
        return 0.0 if how != "error" else np.nan
    if how == "most_frequent":
        values, counts = np.unique(present, return_counts=True)
        return float(values[counts.argmax()])
    return float(present.mean() if how == "mean" else np.median(present))
