"""How soon a model answers: one row to a 784-512-256-10 network, and one to a mixed table of thirty columns.

python benchmarks/predict.py [empty] [empty-json] [mlserver] [mlflow]    (or all)

The service, empty endpoints within it, MLServer and MLflow serve the same network side by side on loopback, and are
asked in turn by one client that does nothing else: a request at a time, then 50 connections at once. One of the empty
endpoints ignores its body, the other parses it as JSON. Each answer is checked against ours first.
Last, 100,000 rows in one Arrow body against the network's bare forward pass in this process.
"""

import io
import json
import selectors
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.predict_peers import EMPTY, Request, serving, to_mlflow, to_mlserver
from tests.service import Service

from steelyard.inference.service import Loaded, load_model
from steelyard.store.engine import make_engine

PEERS = (*EMPTY, "mlserver", "mlflow")
ROUNDS = 3
REQUESTS = 300  # a round, one after the other
CONNECTIONS = 50
SECONDS = 3.0  # the most for either part of a round
PIXELS, ROWS = 784, 100_000
ARROW = "application/vnd.apache.arrow.stream"
PERCENTILES = (50, 95, 99)


@dataclass(frozen=True)
class Case:
    """A trained model and a row for it."""

    title: str
    job: dict[str, Any]
    model: Loaded
    row: list[Any]
    facts: dict[str, Any]  # what the peers' pipeline is built from
    table: bytes

    @property
    def is_plain(self) -> bool:
        """Whether the row is numbers alone."""
        return bool(self.facts["plain"])


def main() -> None:
    peers = sys.argv[1:] or list(PEERS)
    console = Console(width=140)
    with tempfile.TemporaryDirectory(prefix="sy-predict-") as name:
        folder = Path(name)
        (folder / "service").mkdir()
        bytes_of_body = str(ROWS * PIXELS * 4 + (64 << 20))
        with Service.start(folder / "service", max_body_bytes=bytes_of_body) as service:
            pixels, mixed = train_pixels(service), train_mixed(service)
            for case in (pixels, mixed):
                console.print(compare(service, case, peers, folder))
            console.print(compare_many(service, pixels))
            console.print(compare_many(service, mixed))


def train_pixels(service: Service) -> Case:
    """The network of 784 inputs, trained for one epoch: what it knows does not matter here."""
    generator = np.random.default_rng(0)
    x, y = generator.random((200, PIXELS)).round(4), np.arange(200) % 10
    data = {"inline": {"x": x.tolist(), "y": y.tolist()}}
    options = {"preprocessing": {"numeric": "none"}, "activation": "relu", "validation": None}
    spec = {"data": data, "task": "multiclass", "layers": [512, 256], "training": {"epochs": 1}, **options}
    return finish(service, spec, "784-512-256-10", x[0].tolist(), b"x\n")


def train_mixed(service: Service) -> Case:
    """A network on a table of numbers, true and false, dates and categories, with holes in each kind."""
    features, rows = mixed_table(2_000)
    answer = service.http.post("/v1/datasets", content=rows, headers={"Content-Type": "text/csv"}).raise_for_status()
    data = {"dataset": answer.json()["id"], "target": "target"}
    spec = {"data": data, "layers": [64, 32], "activation": "relu", "validation": None, "training": {"epochs": 3}}
    cells = rows.decode().splitlines()[1].split(",")
    row = [typed(name, cell) for name, cell in zip(features, cells, strict=False)]
    return finish(service, spec, "30 mixed columns", row, rows)


def mixed_table(rows: int) -> tuple[list[str], bytes]:
    """The names of thirty columns, and a CSV of them with a target. The first row has a hole in a number."""
    generator = np.random.default_rng(1)
    columns: dict[str, list[str]] = {}
    for place in range(15):
        columns[f"n{place}"] = [f"{value:.6g}" for value in generator.normal(0, 10.0 ** (place % 5 - 1), rows)]
    for place in range(5):
        columns[f"b{place}"] = [("false", "true")[value] for value in generator.integers(0, 2, rows)]
    for place in range(5):
        days = np.datetime64("2015-01-01T00:00:00") + generator.integers(0, 300_000_000, rows).astype("timedelta64[s]")
        columns[f"d{place}"] = days.astype(str).tolist()
    for place in range(5):
        columns[f"c{place}"] = [f"label {value}" for value in generator.integers(0, 4 * (place + 1), rows)]
    for values in columns.values():
        for row in generator.choice(np.arange(1, rows), rows // 20, replace=False):
            values[row] = ""
    columns["n3"][0] = ""
    names = list(columns)
    columns["target"] = [("no", "yes")[value] for value in generator.integers(0, 2, rows)]
    lines = [",".join(columns), *map(",".join, zip(*columns.values(), strict=True))]
    return names, "\n".join(lines).encode()


def typed(name: str, cell: str) -> Any:
    """A cell as JSON has it."""
    if not cell:
        return None
    return float(cell) if name[0] == "n" else cell == "true" if name[0] == "b" else cell


def finish(service: Service, spec: dict[str, Any], title: str, row: list[Any], table: bytes) -> Case:
    """The case, once its job is done."""
    job = service.wait(service.post(spec)["id"])
    assert job["status"] == "succeeded", job["error"]
    model = load_model(make_engine(f"sqlite:///{service.data_dir / 'steelyard.db'}"), job["model"])
    facts = model.inputs.to_json() | {"features": list(model.inputs.features), "classes": model.labels}
    facts |= {"numbers": model.inputs.numbers, "datetimes": model.inputs.datetimes}
    plain = not model.inputs.datetimes and not model.inputs.categories
    return Case(title, job, model, row, facts | {"plain": plain}, table)


def compare(service: Service, case: Case, peers: list[str], folder: Path) -> Table:
    """One row to each server, in turn."""
    place = folder / case.job["id"]
    place.mkdir()
    headers = {"Accept": "application/x-npz"}
    weights = service.http.get(f"/v1/jobs/{case.job['id']}/weights/final", headers=headers).raise_for_status()
    (place / "weights.npz").write_bytes(weights.content)
    (place / "table.csv").write_bytes(table_of_zeros(case.facts["features"]) if case.is_plain else case.table)
    (place / "facts.json").write_text(json.dumps(case.facts))
    with ExitStack() as stack:
        requests = {"Steelyard": ours(service, case)} | in_protocols(service, case)
        for peer in peers:
            port = stack.enter_context(serving(peer, place))
            requests[peer] = request_of(peer, port, case)
        chances = probabilities(Connection(requests["Steelyard"]).ask())
        for peer in peers:
            said = probabilities(Connection(requests[peer]).ask())
            assert peer in EMPTY or np.allclose(said, chances, atol=1e-4), (peer, said, chances)
        return show(case.title, measure_all(requests))


def table_of_zeros(features: list[str]) -> bytes:
    """A table for the peers to learn the columns' names from."""
    return "\n".join([",".join(features), *[",".join("0" * len(features))] * 10]).encode()


def ours(service: Service, case: Case) -> Request:
    """The request to Steelyard."""
    body = json.dumps({"inputs": [case.row]}).encode()
    return Request(service.http.base_url.port or 0, f"/v1/models/{case.job['model']}/predict", body)


def in_protocols(service: Service, case: Case) -> dict[str, Request]:
    """The same row to Steelyard in the peers' protocols, and as a binary tensor if it is numbers alone."""
    port, model, features = service.http.base_url.port or 0, case.job["model"], case.facts["features"]
    tensors = to_mlserver(features, case.row, plain=case.is_plain, output="probabilities")
    frame = to_mlflow(features, case.row, plain=case.is_plain)
    found = {
        "Steelyard, /v2": Request(port, f"/v2/models/{model}/infer", tensors),
        "Steelyard, /invocations": Request(port, f"/v1/models/{model}/invocations", frame),
    }
    if case.is_plain:
        values = np.array(case.row, "<f4").tobytes()
        tensor: dict[str, Any] = {"name": "x", "shape": [1, len(case.row)], "datatype": "FP32"}
        tensor["parameters"] = {"binary_data_size": len(values)}
        head = json.dumps({"inputs": [tensor], "outputs": [{"name": "probabilities"}]}).encode()
        body, kind = head + values, "application/octet-stream"
        found["Steelyard, /v2 binary"] = Request(port, f"/v2/models/{model}/infer", body, kind, len(head))
    return found


def request_of(peer: str, port: int, case: Case) -> Request:
    """The same row, as the peer wants it."""
    features = case.facts["features"]
    match peer:
        case "mlserver":
            return Request(port, "/v2/models/bench/infer", to_mlserver(features, case.row, plain=case.is_plain))
        case "mlflow":
            return Request(port, "/invocations", to_mlflow(features, case.row, plain=case.is_plain))
        case _:
            return Request(port, EMPTY[peer], json.dumps({"inputs": [case.row]}).encode())


def probabilities(answer: bytes) -> Any:
    """Those in an answer of any of the servers."""
    said = json.loads(answer)
    if "outputs" in said:
        return np.array(said["outputs"][0]["data"])
    found = said.get("probabilities", said.get("predictions", [[0.0]]))
    return np.array(found).ravel()


def measure_all(requests: dict[str, Request]) -> dict[str, list[list[float]]]:
    """For each server and round: the percentiles one at a time, those under load, and requests a second under load."""
    found: dict[str, list[list[float]]] = {name: [] for name in requests}
    for _ in range(ROUNDS):
        for name, request in requests.items():
            alone = alone_seconds(request)
            started = time.perf_counter()
            crowd = crowd_seconds(request)
            rate = len(crowd) / (time.perf_counter() - started)
            found[name].append([*np.percentile(alone, PERCENTILES), *np.percentile(crowd, PERCENTILES), rate])
    return found


def alone_seconds(request: Request) -> list[float]:
    """How long each of many requests took, one after the other on one connection."""
    connection = Connection(request)
    for _ in range(20):
        connection.ask()
    seconds: list[float] = []
    while len(seconds) < REQUESTS and sum(seconds) < SECONDS:
        started = time.perf_counter()
        connection.ask()
        seconds.append(time.perf_counter() - started)
    return seconds


def crowd_seconds(request: Request) -> list[float]:
    """The same with many connections, each of which asks again as soon as it is answered."""
    seconds: list[float] = []
    with selectors.DefaultSelector() as selector:
        for _ in range(CONNECTIONS):
            connection = Connection(request)
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connection.send()
        end = time.perf_counter() + SECONDS
        while time.perf_counter() < end:
            for key, _ in selector.select():
                connection = key.data
                if connection.receive():
                    seconds.append(time.perf_counter() - connection.sent_at)
                    connection.send()
    return seconds


class Connection:
    """A connection that stays open, and asks the same again and again."""

    def __init__(self, request: Request) -> None:
        self.socket = socket.create_connection(("127.0.0.1", request.port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent_at = 0.0
        self._request = request.to_bytes()
        self._received = b""

    def ask(self) -> bytes:
        """The body of the answer."""
        self.send()
        while not self.receive():
            pass
        return self._received.partition(b"\r\n\r\n")[2]

    def send(self) -> None:
        """Send the request."""
        self._received = b""
        self.sent_at = time.perf_counter()
        self.socket.sendall(self._request)

    def receive(self) -> bool:
        """Take what has come; whether the answer is whole."""
        piece = self.socket.recv(1 << 20)
        assert piece, "the server has hung up"
        self._received += piece
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end:
            return False
        assert head.split(b" ", 2)[1] == b"200", self._received[:2000]
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        return len(body) >= int(length.partition(b":")[2])


def show(title: str, found: dict[str, list[list[float]]]) -> Table:
    """Medians of the rounds."""
    table = Table(f"one row, {title}", box=None)
    for name in (
        "p50 ms",
        "p95 ms",
        "p99 ms",
        *(f"p50 × {name}" for name in EMPTY),
        "p50 of 50",
        "p95 of 50",
        "p99 of 50",
        "requests/s of 50",
    ):
        table.add_column(name, justify="right")
    medians = {
        name: [statistics.median(column) for column in zip(*rounds, strict=True)] for name, rounds in found.items()
    }
    for name, values in medians.items():
        ratios = [f"{values[0] / medians[peer][0]:.2f}" if peer in medians else "" for peer in EMPTY]
        milliseconds = [f"{1000 * value:.2f}" for value in values[:6]]
        table.add_row(name, *milliseconds[:3], *ratios, *milliseconds[3:], f"{values[6]:.0f}")
    return table


def compare_many(service: Service, case: Case) -> Table:
    """Many rows in one Arrow body, against the bare forward pass over the same inputs in this process."""
    body, x = many_rows(case)
    url = f"/v1/models/{case.job['model']}/predict"

    def asked(accept: str) -> Callable[[], Any]:
        headers = {"Content-Type": ARROW, "Accept": accept}
        # A file, because the client copies what is left of bytes before it sends each piece of them.
        return lambda: service.http.post(url, content=io.BytesIO(body), headers=headers).raise_for_status().content

    ways = {"bare forward pass": lambda: case.model.network.predict(x), "Arrow in, JSON out": asked("application/json")}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(ROUNDS + 1):
        for name, way in ways.items():
            started = time.perf_counter()
            way()
            if turn:  # the first is to get warm
                seconds[name].append(time.perf_counter() - started)
    table = Table(f"{ROWS} rows, {case.title}, {len(body) / 1e6:.0f} MB", "seconds", "rows/s", "of bare", box=None)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    for name, value in medians.items():
        share = medians["bare forward pass"] / value
        table.add_row(name, f"{value:.2f}", f"{ROWS / value:.0f}", f"{share:.2f}")
    return table


def many_rows(case: Case) -> tuple[bytes, Any]:
    """An Arrow stream, and the network's inputs for it."""
    generator = np.random.default_rng(2)
    names = case.facts["features"]
    if case.is_plain:
        x = generator.random((ROWS, len(names)), np.float32)
        table = pa.table(dict(zip(names, np.asfortranarray(x).T, strict=True)))
    else:
        x = generator.random((ROWS, case.model.network.inputs), np.float32)
        table = pa.csv.read_csv(io.BytesIO(mixed_table(ROWS)[1])).select(names)
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue(), x


if __name__ == "__main__":
    main()
