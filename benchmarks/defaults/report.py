"""The table: mean ranks, how far behind the best, and the time of a fit."""

from pathlib import Path
from typing import Any

import pandas as pd
from benchmarks.tables import as_markdown

COLUMNS = ("", "mean rank", "log-loss rank", "RMSE rank", "mean excess", "median excess", "seconds a fit")


def write_report(found: list[dict[str, Any]], results: Path | None) -> str:
    """The report as Markdown, also written to `results`."""
    frame = pd.DataFrame(found)
    singles = frame[frame.contender != "Steelyard, ensemble: 5"]
    text = "\n\n".join(
        [
            "# Defaults beside those of peers",
            "Log-loss of classification and RMSE of regression on a quarter of the rows, drawn "
            f"{frame.split.nunique()} times. An excess is what a score is above the best of its split. The defaults "
            "were chosen on one half of the data sets; this is the other. `make bench-defaults` makes this page.",
            _table(frame[frame.is_reported]),
            "## Single models alone",
            _table(singles[singles.is_reported]),
            "## The half on which the defaults were chosen",
            _table(frame[~frame.is_reported]),
            "## By data set",
            _by_data_set(frame),
        ]
    )
    if results:
        (results / "defaults.md").write_text(text + "\n")
    return text


def _table(frame: pd.DataFrame) -> str:
    scores = frame.pivot_table(index=["task", "data_set", "split"], columns="contender", values="score")
    ranks, excess = scores.rank(axis=1), (scores.div(scores.min(axis=1), axis=0) - 1) * 100
    by_task = ranks.groupby(level="task").mean()
    seconds = frame.groupby("contender").seconds.mean()
    lines = [
        [
            name,
            f"{ranks[name].mean():.2f}",
            *(f"{by_task[name].get(task, float('nan')):.2f}" for task in ("classification", "regression")),
            f"{excess[name].mean():.1f} %",
            f"{excess[name].median():.1f} %",
            f"{seconds[name]:.2f}",
        ]
        for name in ranks.mean().sort_values().index
    ]
    return as_markdown(COLUMNS, lines)


def _by_data_set(frame: pd.DataFrame) -> str:
    scores = frame.pivot_table(index=["task", "data_set"], columns="contender", values="score")
    columns = ["data set", *(str(name) for name in scores.columns)]
    lines = [[str(name), *(f"{value:.4g}" for value in scores.loc[(task, name)])] for task, name in scores.index]
    return as_markdown(columns, lines)
