"""Small drawings that a README can show."""

from collections.abc import Sequence
from html import escape

FONT = "system-ui, -apple-system, 'Segoe UI', sans-serif"
INK, FAINT, PAPER = "#1f2328", "#d0d7de", "#ffffff"
OURS, YARDSTICK, OTHER = "#d1481f", "#57606a", "#9aa4af"


class Drawing:
    """Shapes on white paper, in pixels from the upper left corner."""

    def __init__(self, width: float, height: float, title: str) -> None:
        self._parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
            f'height="{height:g}" font-family="{FONT}" font-size="12" role="img" aria-label="{escape(title)}">'
        ]
        self.bar(0, 0, width, height, PAPER)
        self.text(16, 24, title, bold=True)

    def bar(self, x: float, y: float, width: float, height: float, color: str) -> None:
        """A filled rectangle."""
        self._parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{color}"/>')

    def line(self, points: Sequence[tuple[float, float]], color: str, width: float = 1) -> None:
        """A line from point to point."""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self._parts.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="{width:g}"/>')

    def dot(self, x: float, y: float, color: str) -> None:
        """A small disc."""
        self._parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{color}"/>')

    def text(
        self, x: float, y: float, words: str, *, anchor: str = "start", bold: bool = False, color: str = INK
    ) -> None:
        """Words whose foot is at `y`; `anchor` is `start`, `middle` or `end`."""
        weight = ' font-weight="600"' if bold else ""
        self._parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{color}"{weight}>{escape(words)}</text>'
        )

    def __str__(self) -> str:
        return "\n".join([*self._parts, "</svg>\n"])
