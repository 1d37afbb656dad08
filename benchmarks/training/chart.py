"""The chart: a panel for each workload, a bar for each contender, on a scale on which a step is a factor of ten."""

import math

from benchmarks.svg import FAINT, INK, OTHER, OURS, YARDSTICK, Drawing
from benchmarks.training import contenders
from benchmarks.training.results import Results
from benchmarks.training.workloads import WORKLOADS

LEAST, MOST = 0.05, 100.0  # the ends of the scale, in times of in-place NumPy's
WIDTH, LABEL, BAR, GAP, HEAD = 470, 172, 14, 6, 56
COLORS = {"steelyard": OURS, contenders.YARDSTICK: YARDSTICK}


def draw(results: Results) -> str:
    """An SVG of each contender's best time as a multiple of in-place NumPy's."""
    names = [name for name in contenders.ENTRIES if any(results.best(one, name) for one in results.workloads())]
    height = HEAD + len(names) * (BAR + GAP) + 24
    lines = math.ceil(len(results.workloads()) / 2)
    title = "Training time, × in-place NumPy (best of the numbers of threads; shorter is faster)"
    drawing = Drawing(2 * WIDTH, 40 + lines * height, title)
    for number, workload in enumerate(results.workloads()):
        _panel(drawing, results, workload, names, (number % 2 * WIDTH, 40 + number // 2 * height))
    return str(drawing)


def _panel(drawing: Drawing, results: Results, workload: str, names: list[str], corner: tuple[float, float]) -> None:
    left, top = corner
    foot = top + HEAD + len(names) * (BAR + GAP)
    drawing.text(left + 16, top + 16, f"{workload}: {WORKLOADS[workload]}", color=YARDSTICK)
    for tick in (0.1, 1, 10):
        x = left + LABEL + _place(tick)
        drawing.line([(x, top + HEAD - 14), (x, foot)], INK if tick == 1 else FAINT)
        drawing.text(x, top + HEAD - 18, f"{tick:g}", anchor="middle", color=YARDSTICK)
    for number, name in enumerate(names):
        found = results.best(workload, name)
        ratio = results.ratio(workload, found.seconds) if found else None
        if ratio is None:
            continue
        y = top + HEAD + number * (BAR + GAP)
        color, own = COLORS.get(name, OTHER), name == "steelyard"
        drawing.text(left + LABEL - 8, y + BAR - 3, contenders.ENTRIES[name].title, anchor="end", bold=own)
        drawing.bar(left + LABEL, y, _place(ratio), BAR, color)
        drawing.text(left + LABEL + _place(ratio) + 6, y + BAR - 3, f"{ratio:.2f}", bold=own)


def _place(ratio: float) -> float:
    share = math.log(min(max(ratio, LEAST), MOST) / LEAST) / math.log(MOST / LEAST)
    return share * (WIDTH - LABEL - 60)
