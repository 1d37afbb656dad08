"""The chart: a panel for each axis, seconds over what is doubled, both on scales on which a step is a factor of two."""

import math
from collections.abc import Mapping, Sequence

from benchmarks.svg import FAINT, OURS, YARDSTICK, Drawing

WIDTH, HEIGHT, LEFT, TOP, RIGHT, FOOT = 240, 250, 58, 76, 20, 30
Series = Sequence[tuple[int, float, float]]  # what is doubled, Steelyard's seconds, PyTorch's


def draw(axes: Mapping[str, Series]) -> str:
    """An SVG of how both times grow."""
    drawing = Drawing(WIDTH * len(axes), HEIGHT, "Seconds of a training as its shape doubles")
    drawing.text(16, 44, "Steelyard", bold=True, color=OURS)
    drawing.text(90, 44, "PyTorch, fused Adam", color=YARDSTICK)
    seconds = [time for series in axes.values() for _, *times in series for time in times]
    least, most = math.floor(math.log2(min(seconds))), math.ceil(math.log2(max(seconds)))
    for number, (axis, series) in enumerate(axes.items()):
        _panel(drawing, number * WIDTH, axis, series, (least, most))
    return str(drawing)


def _panel(drawing: Drawing, left: float, axis: str, series: Series, ends: tuple[int, int]) -> None:
    least, most = ends

    def place(number: int, seconds: float) -> tuple[float, float]:
        x = left + LEFT + number / max(1, len(series) - 1) * (WIDTH - LEFT - RIGHT)
        return x, HEIGHT - FOOT - (math.log2(seconds) - least) / (most - least) * (HEIGHT - FOOT - TOP)

    drawing.text(left + LEFT, TOP - 12, axis, bold=True)
    for power in range(least, most + 1):
        (start, y), (end, _) = place(0, 2.0**power), place(len(series) - 1, 2.0**power)
        drawing.line([(start, y), (end, y)], FAINT)
        drawing.text(start - 6, y + 4, f"{2.0**power:.3g}", anchor="end", color=YARDSTICK)
    for number, (value, _, _) in enumerate(series):
        drawing.text(place(number, 1)[0], HEIGHT - FOOT + 18, f"{value:,}", anchor="middle", color=YARDSTICK)
    for which, color in ((2, YARDSTICK), (1, OURS)):
        points = [place(number, line[which]) for number, line in enumerate(series)]
        drawing.line(points, color, 2)
        for x, y in points:
            drawing.dot(x, y, color)
