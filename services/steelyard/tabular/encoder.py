"""From columns to the network's inputs: fitted on the training rows, kept as JSON, the same bits at inference.

Each cell is encoded by itself, so one row comes out with the same bits as among a million, in any order of columns.
Numbers and datetimes make a block of scaled values; each column of categories is one-hot, or a number for an embedding.
Under `piecewise_linear`, numbers are scaled as under `standard`, and have one more input for each of their bins.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from steelyard.tabular.categories import IS_MISSING, Categories
from steelyard.tabular.column import Column
from steelyard.tabular.datetime_parts import PARTS, read_parts
from steelyard.tabular.encoder_options import EncoderOptions
from steelyard.tabular.json_rows import CellReader, Reading
from steelyard.tabular.layout import Layout
from steelyard.tabular.piecewise_linear import PiecewiseLinear
from steelyard.tabular.scaling import Scaler
from steelyard.tabular.types.column_type import ColumnType, Encoding
from steelyard.tabular.types.number import Number
from steelyard.tabular.types.registry import type_from_json
from steelyard.tabular.values import MISSING, Values

Array = NDArray[Any]
Rows = NDArray[np.int64]
ROWS_AT_ONCE = 512


@dataclass(frozen=True)
class Encoder:
    """All that turns raw columns into the network's inputs.

    The block of numbers begins with the columns that are encoded as numbers, in the order of the features; the parts
    of datetimes follow them. `fill` replaces missing values, `(block,)`; `indicators` are the places in the block that
    have a missing-value indicator, which is an input, too. `piecewise` has the bins of the numbers, if they have some.
    The inputs are the block, the indicators, the bins, and the categories, in this order.
    """

    options: EncoderOptions
    features: dict[str, ColumnType]
    scaler: Scaler
    fill: NDArray[np.float64]
    indicators: list[int]
    categories: list[Categories]
    piecewise: PiecewiseLinear | None = None

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
        scaler = Scaler.fit(filled, "standard" if options.has_bins else options.numeric)
        categories = [Categories.fit(name, columns[name].values.take(rows), options) for name in categorical]
        piecewise = _fit_bins([taken[name] for name in numbers], options)
        return cls(options, features, scaler, fill, _indicators(columns, features, options), categories, piecewise)

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
        return _layout(self._before_categories, self.categories, self.options)

    @cached_property
    def _before_bins(self) -> int:
        return len(self.fill) + len(self.indicators)

    @cached_property
    def _before_categories(self) -> int:
        return self._before_bins + (0 if self.piecewise is None else self.piecewise.width)

    @property
    def titles(self) -> list[str]:
        """What each of the network's inputs is."""
        names = [*self.numbers, *(f"{name} {part}" for name in self.datetimes for part in _parts(self.options))]
        titles = [*names, *(f"{names[place]} {IS_MISSING}" for place in self.indicators)]
        titles += [] if self.piecewise is None else self.piecewise.titles(self.numbers)
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
        if self.piecewise is not None:
            for place, name in enumerate(self.numbers):
                found[name] = [*found[name], *(width + each for each in self.piecewise.places_of(place))]
        width = self._before_categories
        for each in self.categories:
            count = 1 if self.options.categorical == "embedding" else each.places
            found[each.name] = [*range(width, width + count)]
            width += count
        return {name: np.array(found[name], np.int64) for name in self.features}

    def encode(self, columns: Mapping[str, Values], dtype: Any) -> Array:
        """The network's inputs `(rows, width)` for these columns."""
        found = [each.find(columns[each.name]) for each in self.categories]
        x = np.zeros((_length(columns), self.layout.width), dtype)
        for some, cells in self._stacked(columns, found):
            self._encode_cells(cells, x[some])
        return x

    def encode_places(self, columns: Mapping[str, Values], dtype: Any) -> tuple[Array, NDArray[np.int32]]:
        """The same, one-hot inputs as places: the other inputs `(rows, n)`, and which are one `(rows, columns)`."""
        found = [each.find(columns[each.name]) for each in self.categories]
        numbers = np.zeros((_length(columns), self._before_categories), dtype)
        for some, cells in self._stacked(columns, ()):
            self._encode_numbers(cells, numbers[some])
        return numbers, (np.stack(found, axis=1) + self._first_places).astype(np.int32)

    def _stacked(self, columns: Mapping[str, Values], further: Sequence[Rows]) -> Iterator[tuple[slice, Array]]:
        """Some rows after the other, as columns become rows within the processor's cache: where, and their cells."""
        numbers, rows = [columns[name] for name in (*self.numbers, *self.datetimes)], _length(columns)
        for first in range(0, rows, ROWS_AT_ONCE):
            some = slice(first, min(first + ROWS_AT_ONCE, rows))
            yield some, _stack(numbers, some, [each[some] for each in further])

    def encode_cells(self, cells: NDArray[np.float64], dtype: Any) -> Array:
        """The inputs for cells `(rows, columns)`: numbers and datetimes, NaN where one is missing, and places."""
        x = np.zeros((len(cells), self.layout.width), dtype)
        self._encode_cells(cells, x)
        return x

    def _encode_cells(self, cells: NDArray[np.float64], x: Array) -> None:
        """Fill in `x` `(rows, width)`, which holds zeros."""
        values = len(self.numbers) + len(self.datetimes)
        self._encode_numbers(cells[:, :values], x[:, : self._before_categories])
        if self.options.categorical == "embedding":
            x[:, self._before_categories :] = cells[:, values:]
        elif self.categories:
            x[np.arange(len(x))[:, None], self._first_places + cells[:, values:].astype(np.int64)] = 1

    def _encode_numbers(self, cells: NDArray[np.float64], x: Array) -> None:
        """Fill in the inputs before those of categories."""
        block = _block(cells, len(self.numbers), self.options)
        width = block.shape[1]
        if np.isnan(np.add.reduce(block, axis=None)):
            missing = np.isnan(block)
            block = np.where(missing, self.fill, block)
            if self.indicators:
                x[:, width : width + len(self.indicators)] = missing[:, self.indicators]
        self.scaler.transform(block, x[:, :width])
        if self.piecewise is not None:
            bins = x[:, self._before_bins : self._before_categories]
            self.piecewise.transform(block[:, : len(self.numbers)], bins)

    @cached_property
    def _first_places(self) -> Rows:
        """Where the places of each column of categories begin among the network's inputs."""
        return np.cumsum([self._before_categories, *(each.places for each in self.categories)])[:-1]

    def to_json(self) -> dict[str, Any]:
        """As values that JSON holds without loss."""
        return {
            "options": asdict(self.options),
            "features": {name: kind.to_json() for name, kind in self.features.items()},
            "scaler": self.scaler.to_json(),
            "fill": [None if np.isnan(value) else value for value in self.fill.tolist()],
            "indicators": self.indicators,
            "categories": [asdict(each) | {"labels": list(each.labels)} for each in self.categories],
            "piecewise": None if self.piecewise is None else self.piecewise.to_json(),
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
            None if (edges := document.get("piecewise")) is None else PiecewiseLinear.from_json(edges),
        )


def measure(columns: Mapping[str, Column], rows: Rows, options: EncoderOptions) -> Layout:
    """The layout that `Encoder.fit` would give, from no more columns than that takes."""
    features = _features(columns, options)
    numbers, datetimes, categorical = (_encoded_as(how, features) for how in ("number", "datetime", "categories"))
    categories = [Categories.fit(name, columns[name].values.take(rows), options) for name in categorical]
    block = len(numbers) + len(datetimes) * len(_parts(options))
    bins = _fit_bins([columns[name].values.take(rows) for name in numbers] if options.has_bins else (), options)
    block += 0 if bins is None else bins.width
    return _layout(block + len(_indicators(columns, features, options)), categories, options)


def _fit_bins(numbers: Sequence[Values], options: EncoderOptions) -> PiecewiseLinear | None:
    if not options.has_bins:
        return None
    return PiecewiseLinear.fit([_stack([values], slice(0, len(values.array)))[:, 0] for values in numbers])


def _layout(width: int, categories: Sequence[Categories], options: EncoderOptions) -> Layout:
    if options.categorical != "embedding":
        places = sum(each.places for each in categories)
        return Layout(width + places, one_hot_inputs=places, one_hot_columns=len(categories))
    embedded = tuple((width + place, each.places) for place, each in enumerate(categories))
    return Layout(width + len(categories), embedded)


def _length(columns: Mapping[str, Values]) -> int:
    return len(next(iter(columns.values())).array)


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

    Inputs that are stacked already follow them.
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
