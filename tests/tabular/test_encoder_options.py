"""What options make of a column."""

from steelyard.tabular.encoder_options import EncoderOptions
from steelyard.tabular.types.category import Category
from steelyard.tabular.types.datetime import Datetime
from steelyard.tabular.types.number import Number


def test_columns_are_dropped_by_the_way_they_are_encoded() -> None:
    options = EncoderOptions(categorical="ignore")
    assert [options.ignores(kind) for kind in (Category(), Datetime(), Number())] == [True, False, False]
    assert EncoderOptions(datetime="ignore").ignores(Datetime())


def test_numbers_have_bins_under_one_method() -> None:
    assert EncoderOptions(numeric="piecewise_linear").has_bins
    assert not EncoderOptions(numeric="robust").has_bins
