"""Which epochs are recorded."""


def recorded_epochs(epochs: int) -> tuple[int, ...]:
    """0, before the first step; 1, 2, 3, 4, 6, 8, 11, 16 …, the rounded powers of √2; and the last of `epochs`.

    They depend on the number of epochs alone, so that a job that is run again is recorded at the same ones.
    """
    powers = [round(2 ** (power / 2)) for power in range(2 * epochs.bit_length())]
    return tuple(sorted({0, *(epoch for epoch in powers if epoch < epochs), epochs}))
