"""Layers: what a network is made of."""

from steelyard.trainer.layers.activation import ActivationLayer
from steelyard.trainer.layers.base import LAYERS, Layer, Stage
from steelyard.trainer.layers.dense import Dense
from steelyard.trainer.layers.embedding import Embedding
from steelyard.trainer.layers.noise import Dropout, GaussianNoise
from steelyard.trainer.layers.normalization import BatchNormalization, LayerNormalization
from steelyard.trainer.layers.residual import Residual
from steelyard.trainer.parts import load_modules

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
