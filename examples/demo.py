"""The product at work: starts the embedded service, trains on handwritten digits, shows what came out, stops."""

import json
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import numpy as np
from rich.console import Console

from steelyard.cli import rendering
from steelyard.cli.client import watch
from steelyard.cli.connection import Client
from steelyard.tabular import builtin

SPEC = Path(__file__).with_name("digits.json")
PIXELS = " ░▒▓█"
ROW = 1234


def main() -> int:
    console = Console()
    keep = "--keep" in sys.argv[1:]
    data_dir = Path(".steelyard") if keep else Path(tempfile.mkdtemp(prefix="steelyard-demo-"))
    data_dir.mkdir(mode=0o700, exist_ok=True)
    program = [sys.executable, "-P", "-m", "steelyard.cli.main", "up", "--port", "0", "--data-dir", str(data_dir)]
    log = data_dir / "demo.log"
    with log.open("w") as errors:
        service = subprocess.Popen(program, stdout=subprocess.PIPE, stderr=errors, text=True)
    try:
        assert service.stdout is not None
        line = service.stdout.readline()
        if not line.startswith("ready "):
            console.print(f"The service did not start:\n{log.read_text()}")
            return 1
        with closing(Client(line.split()[1])) as client:
            status = show(client, console)
        if keep:
            console.print("\nThe service stays until Ctrl-C.")
            service.wait()
        return status
    except KeyboardInterrupt:
        return 130
    finally:
        service.send_signal(signal.SIGTERM)
        service.wait()
        if not keep:
            shutil.rmtree(data_dir, ignore_errors=True)


def show(client: Client, console: Console) -> int:
    spec = json.loads(SPEC.read_text())
    console.rule("POST a job")
    console.print(
        f"curl -X POST {client.url}/v1/jobs -H 'Content-Type: application/json' -d @examples/digits.json",
        soft_wrap=True,
    )
    job = client.ask("POST", "/v1/jobs", json=spec)
    console.print(f"{job['id']}: {job['data']['rows']:,} images of 8 × 8 pixels, {job['parameters']:,} weights\n")
    job = watch(client, job, console)
    if job["status"] != "succeeded":
        console.print(job["error"])
        return 1

    console.rule("What came out")
    path = f"/v1/jobs/{job['id']}"
    rendering.job(console, job, client.get(f"{path}/history"), client.get(f"{path}/weights")["snapshots"])

    console.rule("Predict")
    columns = dict(builtin.load("digits").columns)
    truth = columns.pop("target").values.at(ROW)
    inputs = [{name: column.values.at(ROW) for name, column in columns.items()}]
    answer = client.ask("POST", f"/v1/models/{job['model']}/predict", json={"inputs": inputs})
    for row in np.array(list(inputs[0].values())).reshape(8, 8):
        console.print(
            "   " + "".join(2 * PIXELS[round(pixel / 16 * (len(PIXELS) - 1))] for pixel in row), highlight=False
        )
    sure = max(answer["probabilities"][0])
    console.print(f"It is a {truth:g}; the model says {answer['predictions'][0]}, with {sure:.1%}.")
    console.print(f"\nConsole: {client.url}/   API: {client.url}/docs", soft_wrap=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
