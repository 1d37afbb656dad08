"""The pages for people who come from PyTorch or Keras can be pasted, and the weights that they move answer the same."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.journeys.test_client_pages import BLOCK, ROOT
from tests.service import Service

pytestmark = pytest.mark.engines


def run_page(page: str, service: Service) -> dict[str, Any]:
    """Run the blocks of a page in order; the names that they leave."""
    names: dict[str, Any] = {"__name__": page}
    for block in BLOCK.findall((ROOT / "docs" / f"{page}.md").read_text()):
        code = block.replace("http://127.0.0.1:8000", str(service.http.base_url).rstrip("/"))
        exec(compile(code, f"{page}.md", "exec"), names)
    return names


def scaled_digits(service: Service, job: Any) -> tuple[Any, Any]:
    """The rows of a job's validation split as the network gets them, and the probabilities of the service."""
    from sklearn.datasets import load_digits

    rows = load_digits().data
    answers = service.http.get(f"/v1/jobs/{job.id}/predictions", params={"split": "validation", "limit": 10_000}).json()
    held = [each["row"] for each in answers["data"]]
    fitted = np.delete(rows, held, axis=0)
    spread = fitted.std(axis=0)
    return (rows[held] - fitted.mean(axis=0)) / np.where(spread == 0, 1, spread), [
        each["probabilities"] for each in answers["data"]
    ]


def test_from_pytorch(service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    names = run_page("from-pytorch", service)
    rows, expected = scaled_digits(service, names["job"])
    with torch.no_grad():
        answered = names["net"](torch.from_numpy(rows).float()).softmax(1).numpy()
    np.testing.assert_allclose(answered, expected, atol=1e-5)


def test_from_keras(service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("keras")
    monkeypatch.chdir(tmp_path)
    names = run_page("from-keras", service)
    rows, expected = scaled_digits(service, names["job"])
    answered = np.asarray(names["model"](rows.astype(np.float32)).detach())
    np.testing.assert_allclose(answered, expected, atol=1e-5)
