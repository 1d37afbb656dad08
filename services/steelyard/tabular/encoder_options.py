"""How columns become inputs: a job's `preprocessing`."""

from dataclasses import dataclass
from typing import Literal

from steelyard.tabular.datetime_parts import Parts
from steelyard.tabular.types.column_type import ColumnType


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

    @property
    def has_bins(self) -> bool:
        """Whether numbers have an input for each of their bins."""
        return self.numeric == "piecewise_linear"

    def ignores(self, kind: ColumnType) -> bool:
        """Whether columns of this type are dropped."""
        return {"categories": self.categorical, "datetime": self.datetime}.get(kind.encoding) == "ignore"
