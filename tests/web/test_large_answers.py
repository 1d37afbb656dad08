"""Answers that are larger than the memory that they may take."""

import hashlib
import io
import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient

from steelyard.exports import npz, safetensors
from steelyard.training.results import SplitPredictions, WeightSnapshot, save_result
from steelyard.web.wiring import KEY
from tests.jobs.test_ledger import claim, end, submit

MOST_BYTES = 60_000_000
KERNEL = np.random.default_rng(0).normal(size=(2_000, 3_000)).astype(np.float32)
TENSORS = {"dense_1/kernel": KERNEL, "dense_1/bias": np.zeros(3_000, np.float32)}
CLASSES = 3
ROWS = 200_000


@pytest.fixture
def job_id(app: Flask) -> str:
    """A job with weights of 24 MB and 200,000 predictions."""
    engine = app.extensions[KEY].engine
    job_id = submit(engine)
    chances = np.random.default_rng(1).random((ROWS, CLASSES)).astype(np.float32)
    split = SplitPredictions("test", np.arange(ROWS), np.arange(ROWS) % 3, np.arange(ROWS) % 3, chances)
    snapshots = [WeightSnapshot("final", 1, TENSORS)]
    save_result(engine, claim(engine, job_id), end(), snapshots=snapshots, predictions=[split], model=None)
    return job_id


def download(client: FlaskClient, path: str, accept: str = "application/json") -> tuple[int, str, bytes]:
    """The length of an answer, its SHA-256, and its first bytes, received a piece at a time in bounded memory."""
    sha256, length, begun = hashlib.sha256(), 0, b""
    tracemalloc.start()
    try:
        answer = client.get(path, headers={"Accept": accept}, buffered=False)
        assert answer.status_code == 200, answer.text
        assert answer.headers["ETag"]
        pieces: Iterator[bytes] = answer.iter_encoded()
        for piece in pieces:
            sha256.update(piece)
            length += len(piece)
            begun = begun or piece[:200]
        answer.close()
        assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
    finally:
        tracemalloc.stop()
    if answer.content_length is not None:
        assert length == answer.content_length
    return length, sha256.hexdigest(), begun


def test_weights_of_any_size_are_sent_in_bounded_memory(client: FlaskClient, job_id: str) -> None:
    path = f"/v1/jobs/{job_id}/weights/final"
    length, _, _ = download(client, path)
    assert length > 2 * KERNEL.nbytes
    for form in (safetensors.MEDIA_TYPE, npz.NPZ_MEDIA_TYPE):
        assert download(client, path, form)[0] > KERNEL.nbytes
    assert download(client, f"{path}/dense_1/kernel")[0] > 2 * KERNEL.nbytes
    assert download(client, f"{path}/dense_1/kernel", npz.NPY_MEDIA_TYPE)[0] > KERNEL.nbytes


def test_weights_that_are_sent_in_pieces_are_read_by_their_libraries(client: FlaskClient, job_id: str) -> None:
    path = f"/v1/jobs/{job_id}/weights/final"
    sent = client.get(path, headers={"Accept": safetensors.MEDIA_TYPE})
    assert safetensors.load(sent.data)["dense_1/kernel"].tobytes() == KERNEL.tobytes()
    assert sent.content_length == len(sent.data)
    archive = np.load(io.BytesIO(client.get(path, headers={"Accept": npz.NPZ_MEDIA_TYPE}).data), allow_pickle=False)
    assert archive["dense_1/kernel"].tobytes() == KERNEL.tobytes()
    values = np.array(client.get(path).json["tensors"]["dense_1/kernel"], np.float32)
    assert values.tobytes() == KERNEL.tobytes()


def test_what_the_client_has_of_the_weights_is_not_sent_again(client: FlaskClient, job_id: str) -> None:
    path = f"/v1/jobs/{job_id}/weights/final/dense_1/bias"
    first = client.get(path)
    assert client.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    other = client.get(path, headers={"If-None-Match": first.headers["ETag"], "Accept": npz.NPY_MEDIA_TYPE})
    assert other.status_code == 200
    assert client.head(path).headers["ETag"] == first.headers["ETag"]


@pytest.mark.parametrize("accept", ["application/json", "text/csv"])
def test_pages_of_predictions_are_sent_in_bounded_memory(client: FlaskClient, job_id: str, accept: str) -> None:
    path = f"/v1/jobs/{job_id}/predictions?split=test&limit=10000"
    assert download(client, path, accept)[0] > 500_000
    page = client.get(f"{path}&after=9999").json
    assert [row["row"] for row in page["data"]] == list(range(9999, 19_999))
    assert (page["has_more"], page["next"], page["rows"]) == (True, "19999", ROWS)


def test_rows_of_many_columns_are_sent_in_bounded_memory(client: FlaskClient) -> None:
    names = [f"c{place}" for place in range(1000)]
    content = ",".join(names) + "\n" + "".join(",".join([f"{row}.5"] * 1000) + "\n" for row in range(2000))
    sent = client.post("/v1/datasets", data=content, content_type="text/csv")
    path = f"{sent.headers['Location']}/rows?limit=2000"
    assert download(client, path)[0] > 20_000_000
    page = client.get(f"{path}&after=1990").json
    assert [row["c999"] for row in page["data"]] == [row + 0.5 for row in range(1990, 2000)]
    assert (page["has_more"], page["next"]) == (False, None)
    lines = client.get(path, headers={"Accept": "text/csv"}).text.splitlines()
    assert (len(lines), lines[0].split(",")[:2], lines[1000].split(",")[7]) == (2001, ["c0", "c1"], "999.5")
