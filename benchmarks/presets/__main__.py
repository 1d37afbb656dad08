"""Jobs with a preset beside the framework itself with its own defaults, on 20 public data sets.

    python -m benchmarks.presets [--seeds 5] [--results benchmarks/results] [--only ames ...]

All contenders of a data set have the same split, and the same encoded rows; a seed changes the initial weights and the
order of the rows. So a difference can be judged against the spread of the seeds. Keras and PyTorch run in .venv-peers.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / ".venv-peers" / "bin" / "python"
POOLS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
SMALLEST = (  # ten of each task, up to 3,000 rows
    "biopsy", "OJ", "breast_cancer", "attrition", "Phishing", "digits", "cells", "ImageSegments", "HMDA", "Chile",
    "diabetes", "Boston", "bdims", "car_prices", "Sacramento", "TrumpApproval", "concrete", "SaratogaHouses", "ames",
    "Wage",
)  # fmt: skip


def main() -> None:
    """Measure every contender with every seed on every data set, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--results", type=Path)
    parser.add_argument("--only", nargs="*", help="names of data sets")
    asked = parser.parse_args()
    os.environ |= dict.fromkeys(POOLS, "1")
    warnings.filterwarnings("ignore")
    from benchmarks.defaults.data_sets import CLASSIFICATION, REGRESSION  # noqa: PLC0415 -- after the pools are set
    from benchmarks.presets.contenders import OURS, Rows, measure_ours, measure_sklearn, score  # noqa: PLC0415
    from benchmarks.presets.report import write_report  # noqa: PLC0415

    wanted = asked.only or SMALLEST
    found: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        prepared = {}
        for each in (each for each in (*CLASSIFICATION, *REGRESSION) if each.item in wanted):
            rows = prepared[each.item] = Rows.of(each, is_classes=each in CLASSIFICATION)
            rows.save(Path(folder) / f"{each.item}.npz")
            about = {"data_set": each.item, "task": rows.task}
            for seed in range(asked.seeds):
                scores = {name: measure_ours(rows, seed, spec) for name, spec in OURS.items()}
                scores["scikit-learn"] = measure_sklearn(rows, seed)
                found += [about | {"seed": seed, "contender": name, "score": value} for name, value in scores.items()]
            print(f"{each.item}: {len(rows.x)} rows", file=sys.stderr, flush=True)
        command = [str(PEERS), "-m", "benchmarks.presets.peers", folder, str(asked.seeds)]
        subprocess.run(command, cwd=ROOT, env=os.environ | {"KERAS_BACKEND": "torch"}, check=True)
        for item, rows in prepared.items():
            for name in ("Keras", "PyTorch"):
                predictions = rows.load(Path(folder) / f"{item}.{name}.npy")
                about = {"data_set": item, "task": rows.task, "contender": name}
                found += [about | {"seed": seed, "score": score(rows, each)} for seed, each in enumerate(predictions)]
    print(write_report(found, asked.results))


if __name__ == "__main__":
    main()
