"""What a sender may say of a file, and what is found out where they say nothing. Imports nothing that reads files."""

from dataclasses import dataclass

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
    """How a CSV file is written. An empty text stands for what is to be found out."""

    delimiter: str = ""
    quote: str = '"'
    encoding: str = ""
    decimal: str = ""
    header: bool = True
