"""The page about presets has every value, its source, and what the frameworks do differently, as the code has them."""

import json
from pathlib import Path
from typing import Any

import pytest

from steelyard.training.presets import PRESETS, Preset

PAGE = Path(__file__).parents[2] / "docs" / "presets.md"


def written(value: Any) -> str:
    return f"`{json.dumps(value)}`".replace("0.3333333333333333", "⅓")


def describe(preset: Preset) -> list[str]:
    """The lines of a preset's section."""
    lines = [f"## {preset.framework} {preset.version}", "", "| field | value | source |", "|---|---|---|"]
    for setting in preset.settings:
        field = f"`{setting.path.strip('/').replace('/', '.')}`"
        if setting.where is not None:
            field += f" with `{setting.where[1] or setting.where[0].strip('/').replace('/', '.')}`"
        lines.append(f"| {field} | {written(setting.value)} | {setting.source} |")
    for task, setting in preset.losses.items():
        lines.append(f"| `loss` of a {task} | {written(setting.value)} | {setting.source} |")
    if preset.alpha is not None:
        alpha, source = preset.alpha
        lines.append(f'| `regularizer` | `{{"name": "l2", "l2": {alpha} / (2 · rows)}}` | {source} |')
    lines += ["", "| component | parameters | source |", "|---|---|---|"]
    lines += [f"| `{part.name}` | {written(dict(part.values))} | {part.source} |" for part in preset.all_parts]
    return [*lines, "", "What differs:", "", *(f"- {text}" for text in preset.differences)]


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)
def test_the_page_has_every_value_of_a_preset(preset: Preset) -> None:
    assert "\n".join(describe(preset)) in PAGE.read_text()
