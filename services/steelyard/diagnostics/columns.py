"""What stands out in the columns that a job learned from: categories that are rare, or very many."""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from steelyard.diagnostics.schema import Finding
from steelyard.errors import shown
from steelyard.tabular.categories import Categories
from steelyard.tabular.column import Column
from steelyard.tabular.encoder import Encoder

MOST_NAMED = 10
MANY = 50  # categories: a column of more of them is seldom learned well from one place each


def constant_inputs(columns: Mapping[str, Column], rows: NDArray[np.int64]) -> Iterator[Finding]:
    """Inputs with one value in all training `rows`."""
    constant = [name for name, column in columns.items() if _is_constant(column.values.array[rows])]
    if constant:
        few = ", ".join(map(shown, constant[:MOST_NAMED]))
        more = f" and {len(constant) - MOST_NAMED} more" if len(constant) > MOST_NAMED else ""
        have, them = ("has", "it") if len(constant) == 1 else ("have", "them")
        yield Finding(
            code="constant_inputs",
            level="info",
            message=f"{few}{more} {have} the same value in all {len(rows)} training rows, so the network learns "
            f"nothing from {them}.",
            suggestion=f"Add training rows with other values, or drop {them} (data.ignore).",
        )


def _is_constant(values: NDArray[np.float64]) -> bool:
    return bool((values == values[0]).all())


def rare_categories(column: Categories, encoder: Encoder) -> Iterator[Finding]:
    """Categories without a separate input, which are encoded as unknown."""
    if not column.merged:
        return
    options = encoder.options
    kept, all_of_them = len(column.labels), len(column.labels) + column.merged
    full = kept == options.max_categories
    reason = (
        f"only the {kept} most frequent categories get a separate input (max_categories)"
        if full
        else f"they occur in fewer than {options.min_frequency} training rows (min_frequency)"
    )
    setting = "max_categories" if full else "min_frequency"
    yield Finding(
        code="rare_categories",
        level="info",
        message=f"{column.merged} of the {all_of_them} categories of {shown(column.name)} share one input with unknown "
        f"ones: {reason}.",
        suggestion=f"If they matter, {'raise' if full else 'lower'} preprocessing.{setting}, group them by hand, or "
        "add rows of these categories.",
    )


def high_cardinality(column: Categories, encoder: Encoder, rows: int) -> Iterator[Finding]:
    """Very many categories: few rows to learn each from, and one-hot many inputs."""
    count = len(column.labels) + column.merged
    if count <= MANY:
        return
    one_hot = encoder.options.categorical == "one_hot"
    takes = f"takes {column.places} of the network's inputs" if one_hot else "has a vector for each"
    means = "preprocessing.categorical 'embedding', " if one_hot else ""
    yield Finding(
        code="high_cardinality",
        level="info",
        message=f"{shown(column.name)} has {count} categories in {rows} training rows, {rows / count:.3g} rows each on "
        f"average, and {takes}.",
        suggestion=f"Try {means}a larger preprocessing.min_frequency, or drop the column (data.ignore) if it only "
        "identifies rows.",
    )
