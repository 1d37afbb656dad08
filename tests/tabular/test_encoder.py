"""Columns become inputs: as scikit-learn's transformers make them, the same bits for one row as for many."""

from datetime import datetime
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, RobustScaler, StandardScaler

from steelyard.tabular.column import Column
from steelyard.tabular.datetime_parts import read_parts
from steelyard.tabular.encoder import Encoder, measure
from steelyard.tabular.encoder_options import EncoderOptions
from steelyard.tabular.table import Table, table_of
from steelyard.tabular.types.datetime import Datetime
from steelyard.tabular.types.number import Number
from steelyard.tabular.values import Values, booleans, coded

CITIES = ["Rome", "Oslo", "Bern", "Rome", "Rome", "Oslo", None, "Kyiv"]
SIZES = [1.0, 4.0, np.nan, 2.0, 8.0, 8.0, 1.5, np.nan]
ALL = np.arange(8)


def made(**columns: list[Any]) -> Table:
    of_kind = {float: lambda values: Values(np.array(values)), str: coded, bool: booleans}
    return table_of({name: of_kind[type(values[0])](values) for name, values in columns.items()})


def values_of(table: Table) -> dict[str, Values]:
    return {name: column.values for name, column in table.columns.items()}


@pytest.mark.parametrize("how", ["mean", "median", "most_frequent"])
def test_missing_numbers_are_filled_as_scikit_learn_does(how: str) -> None:
    table = made(size=SIZES)
    x = Encoder.fit(table.columns, ALL, EncoderOptions(missing=how)).encode(values_of(table), np.float64)  # type: ignore[arg-type]
    filled = SimpleImputer(strategy=how).fit_transform(np.array(SIZES)[:, None])
    np.testing.assert_allclose(x, StandardScaler().fit_transform(filled), atol=1e-12)


def test_an_indicator_says_which_were_missing() -> None:
    table = made(size=SIZES, full=[float(i) for i in range(8)])
    encoder = Encoder.fit(table.columns, ALL, EncoderOptions(numeric="robust", missing_indicator=True))
    x = encoder.encode(values_of(table), np.float64)
    filled = SimpleImputer(add_indicator=True).fit_transform(np.array(SIZES)[:, None])
    np.testing.assert_allclose(x[:, [0]], RobustScaler().fit_transform(filled[:, [0]]), atol=1e-12)
    assert x[:, 2].tolist() == filled[:, 1].tolist()
    assert encoder.titles == ["size", "full", "size is missing"]


def test_categories_are_one_hot_as_scikit_learn_makes_them_with_a_place_for_what_is_new() -> None:
    table = made(city=CITIES[:6])
    encoder = Encoder.fit(table.columns, np.arange(6), EncoderOptions(min_frequency=2))
    new = made(city=["Kyiv", "Oslo", "Bern", "Rome"])
    theirs = OneHotEncoder(min_frequency=2, handle_unknown="infrequent_if_exist", sparse_output=False)
    theirs.fit(np.array(CITIES[:6], object)[:, None])
    expected = theirs.transform(np.array(["Kyiv", "Oslo", "Bern", "Rome"], object)[:, None])
    np.testing.assert_array_equal(encoder.encode(values_of(new), np.float64), expected)
    assert encoder.titles == ["city=Oslo", "city=Rome", "city is unknown"]
    assert encoder.categories[0].merged == 1


def test_only_training_rows_are_looked_at() -> None:
    table = made(city=CITIES, size=SIZES)
    few = np.array([0, 1, 3, 4])
    changed = made(city=["Rome", "Oslo", "X", "Rome", "Rome", "Y", "Z", None], size=[1.0, 4, 99, 2, 8, -5, 7, np.nan])
    assert (
        Encoder.fit(table.columns, few, EncoderOptions()).to_json()
        == Encoder.fit(changed.columns, few, EncoderOptions()).to_json()
    )


OPTIONS = (
    EncoderOptions(),
    EncoderOptions(categorical="embedding", missing_indicator=True),
    EncoderOptions(numeric="piecewise_linear", missing_indicator=True),
    EncoderOptions(numeric="piecewise_linear", categorical="embedding"),
)


@pytest.mark.parametrize("options", OPTIONS)
def test_one_row_has_the_bits_that_it_has_among_many_and_after_json(options: EncoderOptions) -> None:
    moments = Values(np.array([0.0, 1e9, 1.7e9, np.nan, 86399.5, -1e8, 1e8, 2e9]))
    columns: dict[str, Column] = dict(made(city=CITIES, size=SIZES, open=[True, False, None] * 2 + [True] * 2).columns)
    columns["when"] = Column.of(Datetime(), moments)
    encoder = Encoder.fit(columns, ALL, options)
    values = {name: column.values for name, column in columns.items()}
    together = encoder.encode(values, np.float32)
    assert together.shape == (8, encoder.layout.width)
    assert len(encoder.titles) == encoder.layout.width
    assert measure(columns, ALL, options) == encoder.layout
    again = Encoder.from_json(orjson.loads(orjson.dumps(encoder.to_json())))
    for row in range(8):
        alone = again.encode({name: each.take(np.array([row])) for name, each in values.items()}, np.float32)
        assert alone.tobytes() == together[row].tobytes()


def test_an_embedding_gets_the_numbers_of_categories() -> None:
    table = made(size=SIZES, city=CITIES)
    encoder = Encoder.fit(table.columns, ALL, EncoderOptions(categorical="embedding"))
    assert encoder.layout.width == 2
    assert encoder.layout.embedded == ((1, 6),)  # Bern, Kyiv, Oslo, Rome, missing, unknown
    assert encoder.encode(values_of(table), np.float64)[:, 1].tolist() == [3, 2, 0, 3, 3, 2, 4, 1]


@given(st.datetimes())
def test_parts_of_a_moment_are_those_of_the_calendar(moment: Any) -> None:
    seconds = (moment - type(moment)(1970, 1, 1)).total_seconds()
    parts = read_parts(np.array([seconds]), "parts")[:, 0]
    hour = moment.hour + moment.minute / 60 + moment.second / 3600 + moment.microsecond / 3.6e9
    assert parts[:4].tolist() == [moment.year, moment.month, moment.day, moment.weekday()]
    assert parts[4] == pytest.approx(hour, abs=1e-3)


@given(st.lists(st.datetimes(), min_size=2, max_size=2))
def test_the_parts_of_a_circle_are_where_the_calendar_has_them(moments: list[Any]) -> None:
    seconds = [(moment - datetime(1970, 1, 1)).total_seconds() for moment in moments]
    parts = read_parts(np.array([[seconds[0], np.nan], seconds]), "cyclic")
    assert np.isnan(parts[:, 0, 1]).all()
    for moment, (_, *found) in zip(moments, parts[:, 1].T, strict=True):
        day = moment.hour + moment.minute / 60 + moment.second / 3600
        turns = [(moment.month - 1) / 12, moment.weekday() / 7, day / 24]
        expected = [side(2 * np.pi * turn) for turn in turns for side in (np.sin, np.cos)]
        assert found == pytest.approx(expected, abs=1e-3)
    assert parts[0, 1].tolist() == pytest.approx([each / (365.2425 * 86_400) for each in seconds])


@pytest.mark.parametrize("numeric", ["standard", "piecewise_linear"])
@pytest.mark.parametrize("categorical", ["one_hot", "embedding"])
def test_every_input_belongs_to_its_column(categorical: Any, numeric: str) -> None:
    columns = {
        "city": coded(["Rome", "Oslo", None] * 3),
        "day": Values(np.array([0.0, np.nan, 1e6] * 3)),
        "size": Values(np.array([1.0, np.nan, 3.0, 4, 5, 6, 7, 8, 9])),
        "open": booleans([True, False, None] * 3),
    }
    kinds = dict(table_of(columns).columns) | {"day": Column.of(Datetime(), columns["day"])}
    kinds = {name: kinds[name] for name in columns}
    options = EncoderOptions(numeric=numeric, categorical=categorical, missing_indicator=True)
    encoder = Encoder.fit(kinds, np.arange(9), options)
    titles = encoder.titles
    assert [*encoder.places] == ["city", "day", "size", "open"]
    assert sorted(place for places in encoder.places.values() for place in places.tolist()) == [*range(len(titles))]
    for name, places in encoder.places.items():
        assert all(titles[place].startswith(name) for place in places)


@pytest.mark.parametrize("numeric", ["standard", "piecewise_linear"])
@pytest.mark.parametrize("indicator", [False, True])
def test_places_are_where_the_ones_are(indicator: bool, numeric: str) -> None:
    labels = [*"abcdefghij", None]
    numbers = [1.0, np.nan, 2.0, *map(float, range(8))]
    table = made(n=numbers, c=labels, b=[True, None, *[False] * 9], d=["z", *labels[:0:-1]])
    options = EncoderOptions(numeric=numeric, missing_indicator=indicator)
    encoder = Encoder.fit(table.columns, np.arange(11), options)
    full = encoder.encode(values_of(table), np.float32)
    others, places = encoder.encode_places(values_of(table), np.float32)
    width = others.shape[1]
    assert encoder.layout == measure(table.columns, np.arange(11), options)
    assert others.tobytes() == full[:, :width].tobytes()
    assert places.dtype == np.int32
    assert [(np.flatnonzero(row) + width).tolist() for row in full[:, width:]] == places.tolist()
    assert encoder.layout.one_hot_inputs == encoder.layout.width - width
    assert encoder.layout.one_hot_columns == places.shape[1]


def test_a_label_that_was_not_there_in_training_has_the_last_place_or_is_rejected() -> None:
    encoder = Encoder.fit(made(city=CITIES).columns, ALL, EncoderOptions())
    [city] = encoder.categories
    assert city.labels == ("Bern", "Kyiv", "Oslo", "Rome")
    assert [city.read(name) for name in (*city.labels, "Paris")] == [0, 1, 2, 3, city.places - 1]
    assert [city.read_known(name) for name in (*city.labels, " Rome ")] == [0, 1, 2, 3, 3]
    with pytest.raises(ValueError, match="it is new"):
        city.read_known("Paris")
    for blank in ("", " "):
        with pytest.raises(ValueError, match="it is blank"):
            city.read(blank)
    with pytest.raises(ValueError, match="it means a missing value"):
        city.read("NA")


def test_rows_of_json_are_cells_by_the_types_of_their_columns() -> None:
    when = Column.of(Datetime(), Values(np.array([0.0, 86_400.0])))
    size = Column.of(Number(missing=(-99,)), Values(np.array([1.0, 2.0])))
    plain = made(weight=[1.0, 2.0], ok=[True, False], city=["Oslo", "Rome"])
    encoder = Encoder.fit({"when": when, "size": size} | dict(plain.columns), np.arange(2), EncoderOptions())
    rows: list[Any] = [
        {"when": "1970-01-02", "size": -99, "weight": 3, "ok": True, "city": "Rome"},
        ["1970-01-03T00:00:00Z", 5, None, "false", "Oslo"],
    ]
    cells = encoder.cells.read(rows)
    assert cells is not None
    assert encoder.numbers == ["size", "weight", "ok"]
    # Numbers, then datetimes, then the places of categories.
    np.testing.assert_array_equal(cells, [[np.nan, 3, 1, 86_400, 1], [5, np.nan, 0, 172_800, 0]])
    for wrong in ({"size": "x"}, {"when": "soon"}, {"weight": "x"}, {"ok": 2}):
        assert encoder.cells.read([rows[0] | wrong]) is None
