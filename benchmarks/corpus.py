"""Files from elsewhere through our readers and through pandas: read alike, read otherwise, rejected with a reason.

    python -m benchmarks.corpus FOLDER [LINES]

Every file below FOLDER is read by name ending, in a separate process, as an upload is. LINES is a file to which a line
of JSON is written for each, with the class and the first difference. `make corpus` reads the tables of R's packages,
`make corpus F=FOLDER` other files. The results are in `results/corpus.md`.
"""

import json
import math
import re
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from steelyard.datasets.reader_pool import Readers
from steelyard.errors import SteelyardError
from steelyard.http.uploads import ENDINGS
from steelyard.tabular.chunks import join
from steelyard.tabular.readers.options import FORMATS
from steelyard.tabular.types.registry import type_from_json

MAX_BYTES = 1 << 30
MOST_SECONDS = 10
PACKED = (".gz", ".zst")


@dataclass(frozen=True)
class Column:
    """A column: `number`, `boolean`, `string` or `time`, and its values, `None` for missing ones."""

    kind: str
    values: list[Any]


@dataclass(frozen=True)
class Result:
    """What became of a file: the class, and of what kind the first difference is or why it was rejected."""

    file: str
    class_: str
    detail: str
    seconds: float


def main() -> None:
    """Read all files, and print how many are in each class."""
    folder = Path(sys.argv[1])
    readers = Readers(memory_bytes=4 << 30)
    results = []
    with open(sys.argv[2] if len(sys.argv) > 2 else "/dev/null", "w") as lines:  # noqa: PTH123 -- may be a device
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            result = judge(readers, path, folder)
            results.append(result)
            lines.write(json.dumps(asdict(result)) + "\n")
    readers.stop()
    for (class_, detail), count in sorted(Counter((each.class_, kind_of(each.detail)) for each in results).items()):
        print(f"{count:6}  {class_}: {detail}")
    print(f"{len(results):6}  files")
    for each in results:
        if each.seconds > MOST_SECONDS:
            print(f"{each.file} took {each.seconds:.0f} s")


def kind_of(detail: str) -> str:
    """The kind of a difference, without what is of this file alone."""
    return detail.partition(": ")[0]


def judge(readers: Readers, path: Path, folder: Path) -> Result:
    """What becomes of a file."""
    started = time.perf_counter()
    ours: dict[str, Column] | None = None
    found: dict[str, str] = {}
    seen = ""
    try:
        ours, found = read(readers, path)
    except SteelyardError as error:
        seen = error.detail
    seconds = time.perf_counter() - started
    theirs, why = read_by_pandas(path, found)
    name = str(path.relative_to(folder))
    if ours is None:
        return Result(name, "both reject" if theirs is None else "rejected, pandas reads it", reason(seen), seconds)
    if theirs is None:
        return Result(name, "read, pandas rejects it", why, seconds)
    differences = [*compare(ours, theirs)]
    if not differences:
        return Result(name, "read alike", "", seconds)
    return Result(name, "read otherwise", differences[0], seconds)


def reason(seen: str) -> str:
    """Why a file was rejected, with the kind of it first: the words without names, numbers and places."""
    kind = re.sub(r"\(.*?\)|'[^']*'|\"[^\"]*\"|[0-9]+", "…", seen.removeprefix("the file is not readable: "))
    kind = re.sub(r"^((row …|column …|header)(, )?)+: ", "", kind)
    return f"{re.split('[:;,]', kind)[0]}: {seen}"


def read(readers: Readers, path: Path) -> tuple[dict[str, Column], dict[str, str]]:
    """The columns as an upload has them, and how the file was found to be written. Raises `SteelyardError`."""
    endings = [ending for ending in path.suffixes if ending.lower() not in PACKED]
    form = FORMATS[ENDINGS.get(endings[-1].lower() if endings else ".csv", "text/csv")]
    with readers.read(str(path), form, max_bytes=MAX_BYTES) as parsed:
        facts, parts = parsed.columns, [*parsed.parts()]
        found = {}
        for place, fact in enumerate(facts):
            kind = type_from_json(fact["schema"])
            values = join([part for part in parts if part.column == place]).to_list()
            called = {"number": "number", "boolean": "boolean", "datetime": "time", "time_of_day": "time"}
            found[fact["name"]] = Column(called.get(kind.name, "string"), values)
        return found, parsed.found


def read_by_pandas(path: Path, found: dict[str, str]) -> tuple[dict[str, Column] | None, str]:
    """The columns as pandas has them, with the delimiter and encoding that we found; or why it rejects the file."""
    endings = [ending.lower() for ending in path.suffixes if ending.lower() not in PACKED]
    by_ending = {
        ".parquet": pd.read_parquet,
        ".xlsx": pd.read_excel,
        ".json": pd.read_json,
        ".feather": pd.read_feather,
    }
    by_ending[".arrow"] = pd.read_feather
    reader = by_ending.get(endings[-1] if endings else "", pd.read_csv)
    options: dict[str, Any] = {"engine": "calamine"} if reader is pd.read_excel else {}
    if reader is pd.read_csv:
        separators = {"whitespace": r"\s+", "fixed-width": r"\s+"}
        options = {"low_memory": False, "encoding": found.get("encoding", "utf-8")}
        options["sep"] = separators.get(found.get("delimiter", ","), found.get("delimiter", ","))
        options["decimal"] = found.get("decimal", ".")
    if endings and endings[-1] in (".ndjson", ".jsonl"):
        reader, options = pd.read_json, {"lines": True}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            frame = reader(path, **options)
    except Exception as error:
        return None, f"{type(error).__name__}: {str(error)[:200]}"
    if isinstance(frame.index, pd.MultiIndex) or not isinstance(frame.index, pd.RangeIndex):
        frame = frame.reset_index()
    return {str(name).strip(): column_of(frame.iloc[:, place]) for place, name in enumerate(frame.columns)}, ""


def column_of(series: "pd.Series[Any]") -> Column:
    """A column of pandas."""
    if pd.api.types.is_bool_dtype(series):
        kind = "boolean"
    elif pd.api.types.is_numeric_dtype(series):
        kind = "number"
    else:
        kind = "time" if pd.api.types.is_datetime64_any_dtype(series) else "string"
    return Column(kind, [None if missing else value for value, missing in zip(series, series.isna(), strict=True)])


def compare(ours: dict[str, Column], theirs: dict[str, Column]) -> Iterator[str]:
    """What differs: the columns, else of the columns their types, missing values and values."""
    if [*ours] != [*theirs]:
        few = f"{[*ours][:4]} {[*theirs][:4]}"
        yield f"other {'names' if len(ours) == len(theirs) else 'columns'}: {len(ours)}, pandas {len(theirs)}; {few}"
        return
    rows = [len(next(iter(each.values())).values) if each else 0 for each in (ours, theirs)]
    if rows[0] != rows[1]:
        yield f"other rows: {rows[0]}, pandas {rows[1]}"
        return
    for name, column in ours.items():
        yield from differences(name, column, theirs[name])


def differences(name: str, ours: Column, theirs: Column) -> Iterator[str]:
    """What differs in a column."""
    missing = [sum(value is None for value in column.values) for column in (ours, theirs)]
    if ours.kind == "time" and theirs.kind == "string" and has_other_dates(ours.values, theirs.values):
        yield f"string of pandas is another time: {name}"
    elif ours.kind != theirs.kind and missing[1] < len(theirs.values):
        yield f"{theirs.kind} of pandas is a {ours.kind}: {name}, missing {missing[0]}, pandas {missing[1]}"
    elif missing[0] != missing[1]:
        more = "more" if missing[0] > missing[1] else "fewer"
        yield f"{more} missing values in a {ours.kind}: {name}, {missing[0]}, pandas {missing[1]}"
    elif ours.kind != "time":
        for row, (one, other) in enumerate(zip(ours.values, theirs.values, strict=True)):
            if not is_same(one, other):
                yield f"other values in a {ours.kind}: {name}, row {row}: {one!r}, pandas {other!r}"
                return


def has_other_dates(ours: list[Any], theirs: list[Any]) -> bool:
    """Whether pandas reads other dates, whichever number is the day. It knows no times of day, and few centuries."""
    texts = pd.Series(theirs, dtype=object)
    close = False
    for day_first in (False, True):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dates = pd.to_datetime(texts, errors="coerce", format="mixed", utc=True, dayfirst=day_first)
        seconds = pd.Series([math.nan if each is pd.NaT else each.timestamp() for each in dates])
        both = seconds.notna() & pd.Series(ours, dtype=float).notna()
        close = close or bool(((seconds - pd.Series(ours, dtype=float)).abs()[both] < 1).all())
    is_of_day = all(value is None or 0 <= value <= 86_400 for value in ours)
    return not close and not is_of_day


def is_same(one: Any, other: Any) -> bool:
    """Whether two values are the same, strings but for spaces around them."""
    if one is None or other is None:
        return one is other
    if isinstance(one, (int, float)) and not isinstance(other, str):
        return math.isclose(one, other, rel_tol=1e-12)
    return str(one).strip() == str(other).strip()


if __name__ == "__main__":
    main()
