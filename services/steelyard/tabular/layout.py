"""What the network's inputs are, as far as it matters to a network."""

from dataclasses import dataclass

WORTH_PLACES = 8  # inputs for each one-hot column; with fewer, multiplying the zeros is as fast


@dataclass(frozen=True)
class Layout:
    """The network's inputs: how many, and which of them are numbers of categories, of how many each.

    The last `one_hot_inputs` are those of `one_hot_columns` columns, a single one in each row for each column.
    """

    width: int
    embedded: tuple[tuple[int, int], ...] = ()
    one_hot_inputs: int = 0
    one_hot_columns: int = 0

    @property
    def keeps_places(self) -> bool:
        """Whether one-hot inputs are kept as the places of the ones, which takes less time where there are many."""
        return self.one_hot_columns > 0 and self.one_hot_inputs >= WORTH_PLACES * self.one_hot_columns

    @property
    def kept(self) -> int:
        """How many values are kept of a row for training."""
        return self.width - (self.one_hot_inputs - self.one_hot_columns if self.keeps_places else 0)
