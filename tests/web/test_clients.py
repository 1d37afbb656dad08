"""Clients that generators make of the OpenAPI document: complete, typed, and of use with a running service."""

import importlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, get_args, get_type_hints

import httpx
import pytest
from openapi_python_client import generate
from openapi_python_client.config import Config, ConfigFile, MetaType

from steelyard.tabular.readers.options import FORMATS
from tests.service import SMALLEST, Service

CLIENT = "steelyard_client"
JSON = "application/json"
NPM_PACKAGES = ("openapi-typescript@7.13.0", "typescript@5.9.3")


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Each operation's tag and name, and the schema of each answer with JSON that tells of success."""
    for methods in document["paths"].values():
        for operation in methods.values():
            contents = {status: answer.get("content", {}) for status, answer in operation["responses"].items()}
            found = {
                status: content[JSON]["schema"]["$ref"].rpartition("/")[2]
                for status, content in contents.items()
                if status.startswith("2") and next(iter(content), None) == JSON
            }
            yield operation["tags"][0], operation["operationId"], found


@pytest.fixture(scope="module")
def file(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The document that the service serves."""
    path = tmp_path_factory.mktemp("document") / "openapi.json"
    path.write_text(service.http.get("/openapi.json").raise_for_status().text)
    return path


@pytest.fixture(scope="module")
def client(file: Path) -> Iterator[ModuleType]:
    """The package that openapi-python-client makes of it, without a warning but for the types of files.

    It knows JSON and forms as bodies, and leaves others out.
    """
    settings = Config.from_sources(
        ConfigFile(post_hooks=[]),
        MetaType.NONE,
        document_source=file,
        file_encoding="utf-8",
        overwrite=True,
        output_path=file.parent / CLIENT,
    )
    warnings = {warning.detail for warning in generate(config=settings)}
    assert warnings <= {f"Unsupported content type {media_type}" for media_type in FORMATS}
    sys.path.insert(0, str(file.parent))
    yield importlib.import_module(CLIENT)
    sys.path.remove(str(file.parent))


def module(client: ModuleType, name: str) -> Any:
    """A module of the client."""
    return importlib.import_module(f"{client.__name__}.{name}")


@pytest.fixture
def caller(client: ModuleType, service: Service) -> Iterator[Any]:
    """The generated package's client of the service."""
    made: Any = client.Client
    with made(base_url=str(service.http.base_url), timeout=httpx.Timeout(90)) as caller:
        yield caller


def test_every_operation_is_there_with_the_type_of_its_success(client: ModuleType, file: Path) -> None:
    for tag, name, answers in operations(json.loads(file.read_text())):
        answered = get_type_hints(module(client, f"api.{tag}.{name}").sync_detailed)["return"]
        (parsed,) = get_args(answered)
        kinds = {kind.__name__ for kind in get_args(parsed) or (parsed,)}
        assert {*answers.values()} <= kinds, name
    models = Path(str(client.__file__)).parent / "models"
    for path in models.glob("*.py"):
        module(client, f"models.{path.stem}")


def test_a_generated_client_submits_a_job_and_predicts(client: ModuleType, caller: Any) -> None:
    models: Any = module(client, "models")
    job = module(client, "api.jobs.submit_job").sync(client=caller, body=models.JobRequest.from_dict(SMALLEST))
    assert isinstance(job, models.Job), job
    ended = module(client, "api.jobs.get_job").sync(job.id, client=caller, wait=60, until=models.GetJobUntil.ENDED)
    assert (ended.status, ended.spec.optimizer.name) == (models.JobStatus.SUCCEEDED, "adam")
    rows = models.PredictRequest(inputs=[[5.1, 3.5, 1.4, 0.2]])
    prediction = module(client, "api.predictions.predict").sync(ended.model, client=caller, body=rows)
    assert (prediction.predictions, prediction.classes) == (["setosa"], ["setosa", "versicolor", "virginica"])


def test_a_generated_client_sends_a_data_set(client: ModuleType, caller: Any) -> None:
    files: Any = module(client, "types")
    create = module(client, "api.datasets.create_dataset")
    content = files.File(payload=b"a,b\n1,x\n2,y\n", file_name="few.csv", mime_type="text/csv")
    body = module(client, "models").CreateDatasetFilesBody(file=content)
    made = create.sync(client=caller, body=body)
    assert isinstance(made, module(client, "models").Dataset), made
    assert made.rows == 2


@pytest.mark.skipif(not shutil.which("npm"), reason="npm (node) is not installed")
def test_every_operation_has_the_type_of_its_success_in_typescript(file: Path, tmp_path: Path) -> None:
    def run(*command: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)

    options = ("--prefer-offline", "--fetch-retries=0", "--no-audit", "--no-fund")
    if run("npm", "install", "--prefix", str(tmp_path), *options, *NPM_PACKAGES).returncode:
        pytest.skip("npm cannot fetch openapi-typescript")
    programs = tmp_path / "node_modules" / ".bin"
    # Without this option, each field with a default must be given.
    made = run(str(programs / "openapi-typescript"), str(file), "--output", "api.d.ts", "--default-non-nullable=false")
    assert made.returncode == 0, made.stderr
    lines = ['import type { operations, components } from "./api";']
    lines.append(f'export const job: components["schemas"]["JobRequest"] = {json.dumps(SMALLEST)};')
    for _, name, answers in operations(json.loads(file.read_text())):
        for status, schema in answers.items():
            answer = f'operations["{name}"]["responses"][{status}]["content"]["{JSON}"]'
            lines.append(f'export const {name}_{status}: components["schemas"]["{schema}"] = {{}} as {answer};')
    (tmp_path / "use.ts").write_text("\n".join(lines))
    checked = run(str(programs / "tsc"), "--noEmit", "--strict", "use.ts", "api.d.ts")
    assert checked.returncode == 0, checked.stdout
