"""The formats that a model can be exported in, by name."""

from steelyard.exports.bundle import Format
from steelyard.exports.c import C
from steelyard.exports.javascript import JAVASCRIPT
from steelyard.exports.keras import KERAS
from steelyard.exports.onnx import ONNX
from steelyard.exports.plain import JSON, NPZ, SAFETENSORS
from steelyard.exports.torch import TORCH

FORMATS: dict[str, Format] = {each.name: each for each in (SAFETENSORS, NPZ, JSON, ONNX, KERAS, TORCH, C, JAVASCRIPT)}
