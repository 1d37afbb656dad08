"""Keras and PyTorch with their own defaults, in an environment that has them.

    python -m benchmarks.presets.peers FOLDER SEEDS

trains on each `.npz` of the folder, and writes the predictions for its test rows beside it. The network is that of the
presets: two layers of 64 rectified units.
"""

import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, TensorDataset

Array = NDArray[Any]
UNITS, BATCH, EPOCHS = 64, 64, 10  # PyTorch's batch and epochs are those of its tutorial
LOSSES = {
    "multiclass": ("sparse_categorical_crossentropy", "softmax"),
    "binary": ("binary_crossentropy", "sigmoid"),
    "regression": ("mean_squared_error", None),
}


def by_keras(task: str, x: Array, y: Array, x_test: Array, seed: int) -> Array:
    """`compile` and `fit` with nothing but a loss."""
    keras.utils.set_random_seed(seed)
    loss, activation = LOSSES[task]
    outputs = int(y.max()) + 1 if task == "multiclass" else 1
    dense = keras.layers.Dense
    model = keras.Sequential([dense(UNITS, "relu"), dense(UNITS, "relu"), dense(outputs, activation)])
    model.compile(loss=loss)
    model.fit(x, y, verbose=0)
    predictions: Array = model.predict(x_test, verbose=0)
    return predictions


def by_pytorch(task: str, x: Array, y: Array, x_test: Array, seed: int) -> Array:
    """A training loop with Adam as it is, and a `DataLoader` that shuffles."""
    torch.manual_seed(seed)
    outputs = int(y.max()) + 1 if task == "multiclass" else 1
    nn = torch.nn
    network = nn.Sequential(
        nn.Linear(x.shape[1], UNITS), nn.ReLU(), nn.Linear(UNITS, UNITS), nn.ReLU(), nn.Linear(UNITS, outputs)
    )
    cost = {"multiclass": nn.CrossEntropyLoss(), "binary": nn.BCEWithLogitsLoss(), "regression": nn.MSELoss()}[task]
    targets = torch.from_numpy(y if task == "multiclass" else y[:, None].astype(np.float32))
    optimizer = torch.optim.Adam(network.parameters())
    loader = DataLoader(TensorDataset(torch.from_numpy(x), targets), batch_size=BATCH, shuffle=True)
    for _ in range(EPOCHS):
        for rows, wanted in loader:
            optimizer.zero_grad()
            cost(network(rows), wanted).backward()
            optimizer.step()
    with torch.no_grad():
        z = network(torch.from_numpy(x_test))
    activated = {"multiclass": lambda: z.softmax(1), "binary": z.sigmoid, "regression": lambda: z}[task]()
    predictions: Array = activated.numpy()
    return predictions


def main() -> None:
    """Train both on every file of a folder."""
    folder, seeds = Path(sys.argv[1]), int(sys.argv[2])
    torch.set_num_threads(1)
    for file in sorted(folder.glob("*.npz")):
        kept = np.load(file)
        task, x, x_test = str(kept["task"]), kept["x"].astype(np.float32), kept["x_test"].astype(np.float32)
        for name, train in (("Keras", by_keras), ("PyTorch", by_pytorch)):
            predictions = [train(task, x, kept["y"], x_test, seed) for seed in range(seeds)]
            np.save(file.with_suffix(f".{name}.npy"), np.stack(predictions))
        print(f"{file.stem}: peers", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
