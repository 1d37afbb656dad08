"""The trainer, compiled: whole chunks of an epoch without coming back to Python.

The formulas of parts (`steelyard.nn.elementwise`) are compiled by numba into kernels, small functions over buffers
whose addresses do not change. A training step is a list of calls to them, and `driver` goes through that list batch
after batch. So one compilation of a part serves every network, and is kept on disk; sizes are data.

A training whose parts all have a compiled form runs here; any other runs on NumPy, which is the reference.
"""
