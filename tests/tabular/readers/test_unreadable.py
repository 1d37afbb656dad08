"""An error of a file says where it is; what grows out of all proportion is rejected."""

import pytest

from steelyard.tabular.readers.unreadable import MOST_PACKED, SURELY_HARMLESS_BYTES, Unreadable, refuse_bomb


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        (None, None, "is wrong"),
        (3, None, "row 3: is wrong"),
        (0, None, "header: is wrong"),
        (None, "a", "column 'a': is wrong"),
        (3, "a\n", "row 3, column 'a\\n': is wrong"),
    ],
)
def test_the_place_is_in_front_of_what_is_wrong(row: int | None, column: str | None, words: str) -> None:
    error = Unreadable("is wrong", row=row, column=column)
    assert str(error) == words
    assert (error.detail, error.row, error.column) == ("is wrong", row, column)


def test_a_file_may_grow_by_so_much_or_up_to_a_size_that_harms_nobody() -> None:
    refuse_bomb(unpacked_bytes=SURELY_HARMLESS_BYTES, packed_bytes=1)
    large = SURELY_HARMLESS_BYTES
    refuse_bomb(unpacked_bytes=MOST_PACKED * large, packed_bytes=large)
    for unpacked, packed in ((SURELY_HARMLESS_BYTES + 1, 1), (MOST_PACKED * large + 1, large)):
        with pytest.raises(Unreadable, match="more than 200 times its size"):
            refuse_bomb(unpacked_bytes=unpacked, packed_bytes=packed)
