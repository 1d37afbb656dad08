"""Layers: what a network is made of."""

from steelyard.nn.component import load_modules
from steelyard.nn.layers.activation import ActivationLayer
from steelyard.nn.layers.base import LAYERS, Layer, Stage
from steelyard.nn.layers.dense import Dense
from steelyard.nn.layers.embedding import Embedding
from steelyard.nn.layers.noise import Dropout, GaussianNoise
from steelyard.nn.layers.normalization import BatchNormalization, LayerNormalization
from steelyard.nn.layers.residual import Residual

__all__ = [
    "LAYERS",
    "ActivationLayer",
    "BatchNormalization",
    "Dense",
    "Dropout",
    "Embedding",
    "GaussianNoise",
    "Layer",
    "LayerNormalization",
    "Residual",
    "Stage",
]

load_modules(__name__, __path__)
