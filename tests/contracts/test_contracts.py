"""Lists that are kept in two places agree; parts are declared whole; rooms load alone."""

import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from annotated_types import Ge, Gt, Le, Lt

from steelyard.cli.main import COMMANDS
from steelyard.nn.activations import Activation
from steelyard.nn.component import parameters
from steelyard.nn.layers import Layer
from steelyard.nn.losses import Loss
from steelyard.nn.regularizers import Regularizer
from steelyard.settings import Settings
from steelyard.training.components import REGISTRIES

ROOT = Path(__file__).parents[2]
PARTS = [part for registry in REGISTRIES.values() for part in registry]


def test_every_setting_is_in_the_readme_and_no_other() -> None:
    listed = set(re.findall(r"^\| `STEELYARD_(\w+)`", (ROOT / "README.md").read_text(), re.MULTILINE))
    assert listed == {name.upper() for name in Settings.model_fields}


def test_every_command_is_in_the_readme() -> None:
    text = (ROOT / "README.md").read_text()
    for name in [name for summaries in COMMANDS.values() for name in summaries]:
        assert re.search(rf"`(steelyard )?{name}\b", text), name


@pytest.mark.parametrize("part", PARTS, ids=lambda part: f"{part.__module__.split('.')[2]}-{part.name}")
def test_every_part_says_what_it_is(part: Any) -> None:
    assert part.formula
    families = (Layer, Activation, Loss, Regularizer)
    for text in (part.latex, *([part.gradient, part.gradient_latex] if issubclass(part, families) else ())):
        assert text
        assert text.count("{") == text.count("}")
        assert len(re.findall(r"\\left\b", text)) == len(re.findall(r"\\right\b", text))
    assert part.source
    doc = inspect.getdoc(part)
    assert doc
    assert not doc.startswith(f"{part.__name__}("), "the docstring is the one that dataclasses make"
    for parameter in parameters(part):
        for bound in getattr(parameter.hint, "__metadata__", ()):
            assert isinstance(bound, (Gt, Ge, Lt, Le))


@pytest.mark.parametrize("room", ["nn.training.loop", "tabular.supervision"])
def test_the_inner_rooms_load_without_the_service(room: str) -> None:
    others = ("flask", "celery", "kombu", "redis", "sqlalchemy", "pydantic", "sklearn")
    code = f"import sys, steelyard.{room}; print([name for name in {others} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"


def test_files_can_be_read_in_a_sitting() -> None:
    for path in [*ROOT.glob("services/**/*.py"), *ROOT.glob("worker/**/*.py")]:
        assert len(path.read_text().splitlines()) < 400, path


def test_the_locks_name_no_address() -> None:
    for name in ("requirements.lock", "requirements-test.lock"):
        assert "://" not in (ROOT / name).read_text()
