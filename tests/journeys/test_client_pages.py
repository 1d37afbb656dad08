"""The pages about the client can be pasted: their blocks run in order."""

import re
from pathlib import Path

import pytest

from tests.service import Service

ROOT = Path(__file__).parents[2]
PAGES = {"client": "docs/client.md", "scikit-learn": "docs/from-scikit-learn.md", "readme": "README.md"}
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
