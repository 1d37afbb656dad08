"""How many sick jobs are found by the right rule, and how many healthy ones have a false warning.

    python -m benchmarks.findings [--seeds N] [--part SHARE] [--report FILE]

Each sick job is a healthy one with one fault. A fault counts as found if one of its codes is among the warnings or
errors. A healthy job has a false warning if it has any. With `--part 0.1` a tenth of the jobs are run.
"""

import argparse
import os
import random
import tempfile
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from benchmarks.findings.healthy import Case, healthy
from benchmarks.findings.sick import FAULTS, sick
from benchmarks.findings.trained import Trained, open_store, train

_store = None


def _run(case: Case) -> tuple[Case, Trained]:
    global _store  # noqa: PLW0603 -- one database for each process
    if _store is None:
        folder = tempfile.mkdtemp(prefix="steelyard-findings-")
        _store = open_store(f"sqlite:///{folder}/jobs.db")
    return case, train(_store, case.document)


def main() -> None:
    """Run the corpus and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--part", type=float, default=1.0)
    parser.add_argument("--only", default="")
    parser.add_argument("--processes", type=int, default=max(1, (os.cpu_count() or 2) - 1))
    parser.add_argument("--report", type=Path)
    given = parser.parse_args()
    cases = [*healthy(range(given.seeds)), *sick(range(given.seeds))]
    cases = [case for case in cases if given.only in (case.fault or "healthy")]
    random.Random(0).shuffle(cases)
    cases = cases[: round(given.part * len(cases))]
    with ProcessPoolExecutor(given.processes) as pool:
        results = list(pool.map(_run, cases, chunksize=4))
    text = table(results)
    print(text)
    if given.report is not None:
        given.report.write_text(text)


def codes_of(trained: Trained) -> list[str]:
    """The codes of all findings of a job."""
    return [finding["code"] for finding in trained.findings]


def alarms(trained: Trained) -> list[str]:
    """The codes of the warnings and errors of a job."""
    return [finding["code"] for finding in trained.findings if finding["level"] != "info"]


def table(results: list[tuple[Case, Trained]]) -> str:
    """The results as Markdown."""
    by_fault: dict[str, list[tuple[Case, Trained]]] = defaultdict(list)
    for case, trained in results:
        by_fault[case.fault or ""].append((case, trained))
    lines = [
        "| fault | jobs | found | as a warning | by these codes | warnings of the others |",
        "|---|---|---|---|---|---|",
    ]
    found_in_all = 0
    for fault in FAULTS:
        runs = by_fault.get(fault.name, [])
        if not runs:
            continue
        found = [bool(case.codes & {*codes_of(trained)}) for case, trained in runs]
        warned = sum(bool(case.codes & {*alarms(trained)}) for case, trained in runs)
        codes = Counter(code for case, trained in runs for code in {*codes_of(trained)} & case.codes)
        missed = [
            f"{case.name}: {', '.join(alarms(trained)) or 'none'}"
            for (case, trained), is_found in zip(runs, found, strict=True)
            if not is_found
        ]
        found_in_all += sum(found)
        seen = ", ".join(f"`{code}` {count}" for code, count in codes.most_common())
        shares = f"{sum(found) / len(runs):.0%} | {warned / len(runs):.0%}"
        lines.append(f"| {fault.name} | {len(runs)} | {shares} | {seen} | {'; '.join(missed[:4])} |")
    sick_jobs = sum(len(runs) for name, runs in by_fault.items() if name)
    if sick_jobs:
        lines.append(f"| **all** | {sick_jobs} | **{found_in_all / sick_jobs:.1%}** | | | |")
    well = by_fault.get("", [])
    if well:
        false = [(case, alarms(trained)) for case, trained in well if alarms(trained)]
        lines += ["", f"{len(well)} healthy jobs, {len(false)} with a warning ({len(false) / len(well):.1%}):", ""]
        lines += [f"- {case.name}: {', '.join(codes)}" for case, codes in false]
        others = [finding["code"] for _, trained in well for finding in trained.findings if finding["level"] == "info"]
        listed = ", ".join(f"`{code}` {count}" for code, count in Counter(others).most_common())
        lines += ["", f"Findings of level info on healthy jobs: {listed or 'none'}."]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
