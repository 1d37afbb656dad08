"""What a sender may say of a file, and what is found out where they say nothing. Imports nothing that reads files."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

FORMATS = {
    "text/csv": "csv",
    "application/vnd.apache.parquet": "parquet",
    "application/vnd.apache.arrow.stream": "arrow",
    "application/x-npz": "npz",
    "application/json": "json",
    "application/x-ndjson": "ndjson",
}


@dataclass(frozen=True)
class Dialect:
    """How a CSV file is written, an empty text standing for what is to be found out; of any file, which are `texts`.

    Those columns hold texts, whatever they look like: numbers that are names, or codes with zeros before them.
    """

    delimiter: str = ""
    quote: str = '"'
    encoding: str = ""
    decimal: str = ""
    header: bool = True
    texts: Sequence[str] = ()

    def to_json(self) -> dict[str, Any]:
        """As it is stored with the file."""
        document = asdict(self)
        if not self.texts:  # what was stored before there were such must not become another
            del document["texts"]
        return document
