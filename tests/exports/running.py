"""Runs exported models as the `check.py` of their bundles does."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from steelyard.exports.bundle import Format, ModelBundle
from steelyard.exports.package import HEAD
from tests.exports.zoo import Rows

Predict = Callable[[Rows], tuple[list[Any] | None, Any]]


def load(form: Format, bundle: ModelBundle, folder: Path) -> Predict:
    """The `predict` of an exported model, whose files are in this folder."""
    name = form.main_name(bundle)
    for each, content in form.packed(bundle).items():
        (folder / each).write_bytes(content)
    (folder / "proof.json").write_text(json.dumps({"classes": bundle.labels}))
    scope: dict[str, Any] = {"__file__": str(folder / "check.py"), "__name__": "check"}
    before = Path.cwd()
    os.chdir(folder)  # as check.py does
    try:
        exec(HEAD + form.check.replace("{file}", name), scope)
    finally:
        os.chdir(before)
    predict: Predict = scope["predict"]
    return predict


def stripped(rows: Rows) -> Rows:
    """The rows for formats that do not remove spaces around strings."""
    return [
        {name: value.strip(" ") if isinstance(value, str) else value for name, value in row.items()} for row in rows
    ]
