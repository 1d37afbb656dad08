"""A job that says nothing but its data, beside peers with their defaults, on public data sets.

    python -m benchmarks.defaults [--splits 5] [--results benchmarks/results] [--only ames ...]

The defaults were chosen on one half of the data sets; the table has the other half, and both halves below it. A fit's
seconds are those of the processor, in one thread.
"""

import argparse
import json
import os
import sys
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

POOLS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
TEST_SIZE = 0.25


def main() -> None:
    """Measure every contender on every split of every data set, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--splits", type=int, default=5)
    parser.add_argument("--results", type=Path)
    parser.add_argument("--only", nargs="*", help="names of data sets")
    asked = parser.parse_args()
    os.environ |= dict.fromkeys(POOLS, "1")
    from benchmarks.defaults.data_sets import CLASSIFICATION, REGRESSION  # noqa: PLC0415 -- after the pools are set
    from benchmarks.defaults.report import write_report  # noqa: PLC0415

    works = [
        (task, place)
        for task, group in (("classification", CLASSIFICATION), ("regression", REGRESSION))
        for place, each in enumerate(group)
        if not asked.only or each.item in asked.only
    ]
    found: list[dict[str, Any]] = []
    with ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for measured in pool.map(measure, *zip(*works, strict=True), [asked.splits] * len(works)):
            found += measured
            print(f"{measured[0]['data_set']}: {len(measured)} fits", file=sys.stderr, flush=True)
    if asked.results:
        (asked.results / "defaults.json").write_text(json.dumps(found, indent=1) + "\n")
    print(write_report(found, asked.results))


def measure(task: str, place: int, splits: int) -> list[dict[str, Any]]:
    """All contenders on the splits of one data set."""
    warnings.filterwarnings("ignore")
    import numpy as np  # noqa: PLC0415 -- in a process of the pool, after the pools of threads are set
    from benchmarks.defaults.contenders import CONTENDERS  # noqa: PLC0415
    from benchmarks.defaults.data_sets import CLASSIFICATION, REGRESSION, TARGET  # noqa: PLC0415
    from sklearn.metrics import log_loss  # noqa: PLC0415
    from sklearn.model_selection import ShuffleSplit, StratifiedShuffleSplit  # noqa: PLC0415

    is_classification = task == "classification"
    data_set = (CLASSIFICATION if is_classification else REGRESSION)[place]
    frame = data_set.load()
    if is_classification:
        frame[TARGET] = frame[TARGET].astype(str).astype("category")
    kind = StratifiedShuffleSplit if is_classification else ShuffleSplit
    found: list[dict[str, Any]] = []
    for split, (_, rows) in enumerate(kind(splits, test_size=TEST_SIZE, random_state=0).split(frame, frame[TARGET])):
        test = np.zeros(len(frame), np.bool_)
        test[rows] = True
        y = frame[TARGET][test]
        if not found:
            CONTENDERS["Steelyard"](frame, test, split)  # loads the compiled kernels, which a worker has before a job
        for name, contender in CONTENDERS.items():
            started = time.process_time()
            predictions, classes = contender(frame, test, split)
            seconds = time.process_time() - started
            if classes is None:
                score = float(np.sqrt(np.mean((predictions - y) ** 2)))
            else:
                score = float(log_loss(y.astype(str), predictions, labels=classes))
            about = {"data_set": data_set.item, "task": task, "is_reported": place % 2 == 1}
            found.append(about | {"split": split, "contender": name, "score": score, "seconds": round(seconds, 3)})
    return found


if __name__ == "__main__":
    main()
