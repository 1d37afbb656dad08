"""Neural networks in NumPy: arrays and a specification in, weights out.

The trainer knows nothing of HTTP, SQL, queues, files or clocks, so it can be used alone:

    from steelyard.trainer.layers import Dense
    from steelyard.trainer.loop import Training
    from steelyard.trainer.losses import CategoricalCrossentropy
    from steelyard.trainer.network import Network
    from steelyard.trainer.optimizers import Adam
"""
