"""Strings that mean a missing value, where the rest of a column is numbers, dates, times or booleans."""

# Those of pandas' read_csv. In a CSV file, they are missing values in columns of strings, too.
NULLS = frozenset(
    {"", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA"}
    | {"NULL", "NaN", "None", "n/a", "nan", "null", "?"}
)
OTHERS = {"\\n", ".", "-", "--", "---", "*", "n.a.", "n. a.", "missing", "unknown", "none", "nat", "nil", "na", "nan"}
OTHERS |= {"–", "—", "k.a.", "k. a."}  # dashes, and German for n/a
ERRORS = {"#value!", "#div/0!", "#ref!", "#name?", "#num!", "#null!", "#n/a"}
LOWER = frozenset({each.lower() for each in NULLS} | OTHERS | ERRORS)


def is_marker(text: str) -> bool:
    """Whether a string, in any case, means a missing value."""
    return text.lower() in LOWER
