"""Rules: what can go wrong in a training, one class in each file, found by being there."""

from steelyard.diagnostics.rules.base import RULES, STAGES, Rule
from steelyard.nn.component import load_modules

__all__ = ["RULES", "STAGES", "Rule"]

load_modules(__name__, __path__)
