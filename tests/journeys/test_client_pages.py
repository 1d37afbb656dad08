"""The pages about the client can be pasted: their blocks run in order."""

import re
from pathlib import Path

import pytest

from tests.service import Service

ROOT = Path(__file__).parents[2]
PAGES = {
    "client": "docs/client.md",
    "protocols": "docs/protocols.md",
    "scikit-learn": "docs/from-scikit-learn.md",
    "imports": "docs/imports.md",
    "presets": "docs/presets.md",
    "readme": "README.md",
}
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES)
def test_the_blocks_of_a_page_run_in_order(
    service: Service, page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    blocks = BLOCK.findall((ROOT / PAGES[page]).read_text())
    assert blocks
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": page}
    for block in blocks:
        code = block.replace("http://127.0.0.1:8000", str(service.http.base_url).rstrip("/"))
        exec(compile(code, PAGES[page], "exec"), names)
    printed = capsys.readouterr().out
    if page == "client":
        assert "/data/builtin is 'iriss'; did you mean 'iris'?" in printed
        assert "helped" in printed
        assert (tmp_path / "digits.onnx").stat().st_size > 1000
    if page == "protocols":
        assert "True signup_date, country, support_calls" in printed
        assert "probabilities FP32 [2, 2]" in printed
        answers = [line for line in printed.splitlines() if line.startswith("{'predictions'")]
        assert len(answers) == 5
        assert len({*answers}) == 1
