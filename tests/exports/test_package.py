"""The zip file of an export: its `check.py` runs, and notices a model that answers otherwise."""

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from steelyard.exports import package, proof
from steelyard.exports.bundle import ModelBundle
from steelyard.exports.formats import FORMATS
from tests.exports.zoo import Case, answer, cases

HERE = [name for name in FORMATS if name not in ("torch", "keras")]  # whose runtimes the tests have


def prove(bundle: ModelBundle, name: str) -> dict[str, Any]:
    rows = proof.draw_rows(bundle.preprocessing)
    labels, values = answer(bundle, rows)
    difference = proof.largest_difference(bundle, rows, values)
    found = {"labels": labels, "values": values, "tolerance": 1e-6, "largest_difference": difference}
    return proof.document(bundle, name, rows, found)


def unpack(content: bytes, folder: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(folder)


def run_check(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(folder / "check.py")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", HERE)
def test_the_check_compares_the_answers(name: str, tmp_path: Path) -> None:
    bundle = Case("usual", members=2).build()
    unpack(package.write(bundle, FORMATS[name], prove(bundle, name)), tmp_path)
    done = run_check(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    changed = json.loads((tmp_path / "proof.json").read_text())
    if FORMATS[name].runs:
        assert "20 of 20 labels are the same" in done.stdout
        changed["values"][0][0] += 1e-3
    else:
        changed["tensors"]["member_1.dense_1/kernel"] = "0" * 64
    (tmp_path / "proof.json").write_text(json.dumps(changed))
    assert run_check(tmp_path).returncode == 1


@pytest.mark.parametrize("name", FORMATS)
def test_the_readme_names_inputs_outputs_and_limits(name: str) -> None:
    bundle = next(case for case in cases() if case.name == "labels").build()
    form = FORMATS[name]
    text = package.readme(bundle, form, prove(bundle, name))
    assert form.main_name(bundle) in text
    assert all(f"| {each.name} |" in text for each in [*form.inputs(bundle), *form.outputs(bundle)])
    assert all(limit.detail in text for limit in form.limits(bundle))
    assert "`a`, `b`, `c`" in text


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_model_gives_the_same_bytes(name: str) -> None:
    files = [
        package.write(bundle, FORMATS[name], prove(bundle, name)) for bundle in (Case("x").make(), Case("x").make())
    ]
    assert files[0] == files[1]
