"""The client for event loops has what the other has, and does the same."""

import asyncio
import inspect
from pathlib import Path

import pytest

from steelyard.client import aio, sync
from steelyard.client.aio import AsyncClient
from tests.service import Service

NEW = Path(__file__).parents[2] / "examples" / "new.csv"


@pytest.mark.parametrize("name", ["Client", "Job", "Model", "Dataset"])
def test_every_method_is_there_with_the_same_parameters(name: str) -> None:
    one, other = getattr(sync, name), getattr(aio, f"Async{name}")
    names = {each for each in vars(one) if not each.startswith("_")}
    assert names == {each for each in vars(other) if not each.startswith("_")}
    for each in names - {"model", "url"}:
        of_one, of_other = inspect.signature(getattr(one, each)), inspect.signature(getattr(other, each))
        assert list(of_one.parameters.values()) == [
            parameter.replace(annotation=of_one.parameters[parameter.name].annotation)
            for parameter in of_other.parameters.values()
        ]


def test_jobs_are_trained_beside_each_other(service: Service) -> None:
    async def train_all() -> list[str]:
        async with AsyncClient(str(service.http.base_url)) as client:
            jobs = [await client.train({"builtin": "iris"}, layers=[units], training={"epochs": 3}) for units in (4, 8)]
            ended = await asyncio.gather(*(job.wait() for job in jobs))
            history = await ended[0].history()
            assert history["epoch"].tolist() == [1, 2, 3]
            labels = await (await ended[0].model()).predict([[5.1, 3.5, 1.4, 0.2]])
            assert labels.shape == (1,)
            types = [event["type"] async for event in ended[1].events()]
            assert (types[-1], types.count("epoch")) == ("status", 3)
            return [job.status for job in ended]

    assert asyncio.run(train_all()) == ["succeeded", "succeeded"]


def test_a_frame_is_uploaded_and_deleted(service: Service) -> None:
    async def upload() -> int:
        async with AsyncClient(str(service.http.base_url)) as client:
            dataset = await client.upload({"a": [1, 2, 3], "b": ["x", "y", "x"]}, "an async one")
            found = await client.dataset(dataset.id)
            await found.delete()
            return found.rows

    assert asyncio.run(upload()) == 3
