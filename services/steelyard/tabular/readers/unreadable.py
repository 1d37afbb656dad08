"""The error for an unreadable file, with the row and the column."""

SURELY_HARMLESS_BYTES = 64 << 20
MOST_PACKED = 200


class Unreadable(Exception):
    """What is wrong with a file, in words for its sender. `row` counts the rows of data from 1, without the header."""

    def __init__(self, detail: str, *, row: int | None = None, column: str | None = None) -> None:
        places = [] if row is None else [f"row {row}" if row else "header"]
        places += [] if column is None else [f"column {column!r}"]
        super().__init__(f"{', '.join(places)}: {detail}" if places else detail)
        self.detail = detail
        self.row = row
        self.column = column


def refuse_bomb(*, unpacked_bytes: int, packed_bytes: int) -> None:
    """Raise `Unreadable` if the data are far larger than the file, as in a decompression bomb."""
    if unpacked_bytes > max(SURELY_HARMLESS_BYTES, MOST_PACKED * packed_bytes):
        raise Unreadable(f"it unpacks to more than {MOST_PACKED} times its size, which is more than real data does")
