"""The tables: how far each preset is from its framework, beside the spread of the seeds."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from benchmarks.tables import as_markdown
from scipy import stats

PAIRS = {"preset sklearn": "scikit-learn", "preset keras": "Keras", "preset pytorch": "PyTorch"}
LIKELY = 0.05  # differences of a data set that are less probable count as different


def write_report(found: list[dict[str, Any]], results: Path | None) -> str:
    """The report as Markdown, also written to `results`."""
    frame = pd.DataFrame(found)
    text = "\n\n".join(
        [
            "# Presets beside their frameworks",
            f"Log-loss of classification and RMSE of regression on a quarter of the rows of {frame.data_set.nunique()} "
            f"public data sets, with {frame.seed.nunique()} seeds each. Split and encoded rows are the same for all; a "
            "seed changes the initial weights and the order of the rows. A difference is that of the means over the "
            "seeds, in percent of the framework's; the spread is one standard deviation of the framework's seeds. "
            f"`different` counts data sets where Welch's test gives p < {LIKELY}: by chance alone, one in twenty. The "
            "last column is a job without a preset, which chooses its settings from the data; in the first table, the "
            "median of its difference from the framework. "
            "`make bench-presets` makes this page.",
            _summary(frame),
            *(part for ours, theirs in PAIRS.items() for part in (f"## {theirs}", _by_data_set(frame, ours, theirs))),
        ]
    )
    if results:
        (results / "presets.md").write_text(text + "\n")
    return text


def _scores(frame: pd.DataFrame, data_set: str, contender: str) -> Any:
    """The scores of all seeds."""
    return frame[(frame.data_set == data_set) & (frame.contender == contender)].score.to_numpy()


def _compare(frame: pd.DataFrame, ours: str, theirs: str) -> pd.DataFrame:
    """Each data set: both means, the difference and the spread in percent, and how probable such a difference is."""
    lines = []
    for item in frame.data_set.unique():
        mine, other, plain = (_scores(frame, item, name) for name in (ours, theirs, "no preset"))
        mean = other.mean()
        lines.append(
            {
                "data set": item,
                "theirs": mean,
                "ours": mine.mean(),
                "difference": (mine.mean() / mean - 1) * 100,
                "spread": other.std(ddof=1) / mean * 100,
                "p": stats.ttest_ind(mine, other, equal_var=False).pvalue,
                "no preset": plain.mean(),
            }
        )
    return pd.DataFrame(lines)


def _summary(frame: pd.DataFrame) -> str:
    columns = ("", "mean difference", "median size", "median spread of seeds", "different", "no preset")
    lines = []
    for ours, theirs in PAIRS.items():
        found = _compare(frame, ours, theirs)
        error = found.difference.std(ddof=1) / np.sqrt(len(found))
        gain = ((found["no preset"] / found.theirs - 1) * 100).median()
        lines.append(
            [
                f"`{ours.removeprefix('preset ')}` beside {theirs}",
                f"{found.difference.mean():+.2f} ± {error:.2f} %",
                f"{found.difference.abs().median():.2f} %",
                f"{found.spread.median():.2f} %",
                f"{(found.p < LIKELY).sum()} of {len(found)}",
                f"{gain:+.1f} %",
            ]
        )
    return as_markdown(columns, lines)


def _by_data_set(frame: pd.DataFrame, ours: str, theirs: str) -> str:
    columns = (
        "data set",
        theirs,
        f"`{ours.removeprefix('preset ')}`",
        "difference",
        "spread of seeds",
        "p",
        "no preset",
    )
    lines = [
        [
            line["data set"],
            f"{line['theirs']:.4g}",
            f"{line['ours']:.4g}",
            f"{line['difference']:+.2f} %",
            f"{line['spread']:.2f} %",
            f"{line['p']:.2f}",
            f"{line['no preset']:.4g}",
        ]
        for line in _compare(frame, ours, theirs).to_dict("records")
    ]
    return as_markdown(columns, lines)
