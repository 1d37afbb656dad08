"""What the network's inputs are: how many, and how many values are kept of them."""

from steelyard.tabular.layout import Layout


def test_places_are_kept_where_columns_have_many_categories() -> None:
    few, many = Layout(20, one_hot_inputs=15, one_hot_columns=2), Layout(20, one_hot_inputs=16, one_hot_columns=2)
    assert (few.keeps_places, many.keeps_places, Layout(20).keeps_places) == (False, True, False)
    assert (few.kept, many.kept, Layout(20).kept) == (20, 6, 20)
