"""Who trains: each contender by the name in the table, where its class is, and what it needs beside NumPy."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """`place` is `module:class` in this package, imported in the contender's own process; `peer` is not the product's.

    A `note` says what a reader of the table must know.
    """

    title: str
    place: str
    peer: bool = False
    note: str = ""


ENTRIES = {
    "numpy": Entry("in-place NumPy", "numpy_in_place:InPlace"),
    "steelyard": Entry("Steelyard", "steelyard:Steelyard"),
}
YARDSTICK = "numpy"
