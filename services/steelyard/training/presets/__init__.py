"""Presets: the defaults of other frameworks, one file for each framework, as data.

`training.preset_defaults` puts them into jobs. The tests compare every value with the installed frameworks.
"""

from steelyard.training.presets.base import PartDefaults, Preset, Setting
from steelyard.training.presets.keras import KERAS
from steelyard.training.presets.pytorch import PYTORCH
from steelyard.training.presets.sklearn import SKLEARN

__all__ = ["PRESETS", "PartDefaults", "Preset", "Setting"]

PRESETS = {preset.name: preset for preset in (KERAS, PYTORCH, SKLEARN)}
