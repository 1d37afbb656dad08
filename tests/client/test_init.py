"""Importing the client loads neither httpx nor the service, and the estimators only when they are asked for."""

import subprocess
import sys

import pytest

import steelyard.client

HEAVY = ("httpx", "numpy", "pandas", "sklearn", "sqlalchemy", "flask", "pydantic", "steelyard.settings")


def test_the_import_is_light() -> None:
    code = f"import sys, steelyard.client; print([name for name in {HEAVY} if name in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_everything_that_is_named_is_there() -> None:
    for name in steelyard.client.__all__:
        assert getattr(steelyard.client, name) is not None
    with pytest.raises(AttributeError, match="nothing"):
        _ = steelyard.client.nothing
