"""Steelyard: training-as-a-service. The package holds its version alone, so that each room loads alone."""

__version__ = "0.1.0"
