"""Files that are read in this process."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from steelyard.tabular.readers.options import Dialect
from steelyard.tabular.readers.read import Options, open_file
from steelyard.tabular.values import Values

Read = Callable[..., tuple[dict[str, Any], dict[str, list[Any]]]]
Remarks = Callable[[str | bytes], dict[str, list[dict[str, str]]]]
Describe = Callable[[bytes, str], dict[str, tuple[Values, dict[str, Any]]]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads content: how it is written, and the columns."""

    def read(
        content: str | bytes,
        form: str = "csv",
        max_bytes: int = 1 << 30,
        wanted: Mapping[str, bool] | None = None,
        usual: Mapping[str, Any] | None = None,
        **dialect: Any,
    ) -> tuple[dict[str, Any], dict[str, list[Any]]]:
        path = tmp_path / "file"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        with open_file(str(path), Options(form, max_bytes, Dialect(**dialect), wanted, usual)) as source:
            return source.found, {facts["name"]: values.to_list() for values, facts in source.columns}

    return read


@pytest.fixture
def remarks(tmp_path: Path) -> Remarks:
    """Reads content: the remarks on each column."""

    def read(content: str | bytes) -> dict[str, list[dict[str, str]]]:
        path = tmp_path / "file"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        with open_file(str(path), Options("csv", 1 << 30)) as source:
            return {facts["name"]: facts["findings"] for _, facts in source.columns}

    return read


@pytest.fixture
def describe(tmp_path: Path) -> Describe:
    """Reads content: the values of each column, and its profile."""

    def describe(content: bytes, form: str) -> dict[str, tuple[Values, dict[str, Any]]]:
        path = tmp_path / "file"
        path.write_bytes(content)
        with open_file(str(path), Options(form, 1 << 30)) as source:
            return {facts["name"]: (values, facts) for values, facts in source.columns}

    return describe
