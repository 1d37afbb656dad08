"""The compiled forms of layers: for each file of `steelyard.nn.layers`, one with its kernels and its calls."""

from steelyard.nn.component import load_modules
from steelyard.nn.engines.compiled.layers.base import Block, Form, Passage, Places, form_of

load_modules(__name__, __path__)

__all__ = ["Block", "Form", "Passage", "Places", "form_of"]
