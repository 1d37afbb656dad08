"""The compose file, the image's scripts and the example of settings fit together. Needs no Docker."""

import os
import re
import socket
import subprocess
import time
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml

from steelyard.settings import Settings

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docker-compose.yml").read_text()
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["services"]
LASTING = [name for name in SERVICES if name != "migrate"]
HEALTHY = ROOT / "services/container/healthy"
UNITS = {"m": 1 << 20, "g": 1 << 30}


def memory(service: str) -> int:
    limit = SERVICES[service]["mem_limit"]
    return int(limit[:-1]) * UNITS[limit[-1]]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_confined_and_its_log_bounded(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert memory(name) > 0
    assert set(service["logging"]["options"]) == {"max-size", "max-file"}


@pytest.mark.parametrize("name", LASTING)
def test_a_service_that_lasts_is_started_again_and_looked_after(name: str) -> None:
    assert SERVICES[name]["restart"] == "unless-stopped"
    assert SERVICES[name]["healthcheck"]["test"]


def test_a_failed_migration_ends_the_start() -> None:
    assert SERVICES["migrate"]["restart"] == "no"
    for name in ("api", "worker"):
        assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_the_database_and_the_broker_stop_after_their_clients() -> None:
    for name in ("api", "worker"):
        assert {"postgres", "valkey"} <= set(SERVICES[name]["depends_on"])
    assert "api" in SERVICES["proxy"]["depends_on"]


def test_every_service_with_an_image_of_ours_says_how_to_build_it() -> None:
    ours = {name for name, service in SERVICES.items() if service["image"].startswith("steelyard")}
    assert ours == {"migrate", "api", "worker", "proxy"}
    assert all("build" in SERVICES[name] for name in ours)


def test_only_the_proxy_is_published_so_that_the_api_can_be_scaled() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]


def test_no_obsolete_version_is_named() -> None:
    assert "version" not in yaml.safe_load(TEXT)


def test_the_variables_are_settings() -> None:
    known = {f"STEELYARD_{name.upper()}" for name in Settings.model_fields}
    for service in SERVICES.values():
        given = {name for name in service.get("environment", {}) if name.startswith("STEELYARD_")}
        assert given <= known


def test_the_example_names_what_the_compose_file_asks_for() -> None:
    asked = dict(re.findall(r"\$\{(\w+):-([^}]*)\}", TEXT))
    example = dict(re.findall(r"^#?(\w+)='?([^'\n]*)'?$", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert set(example) == set(asked)
    assert {name: value for name, value in example.items() if not name.endswith("_URL")}.items() <= asked.items()


def test_the_page_on_deployment_names_every_variable_and_every_limit_of_memory() -> None:
    page = (ROOT / "docs/deployment.md").read_text()
    for name in re.findall(r"\$\{(\w+):-", TEXT):
        assert name in page
    for name in SERVICES:
        size = SERVICES[name]["mem_limit"].upper().replace("M", " MB").replace("G", " GB")
        assert re.search(rf"^\| `{name}` \|.*\| {size} \|$", page, re.MULTILINE)


def test_the_commands_of_the_page_name_services_that_exist_and_give_the_database_its_password() -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```", (ROOT / "docs/deployment.md").read_text(), re.MULTILINE | re.DOTALL)
    commands = [line for line in "".join(blocks).splitlines() if "docker-compose" in line]
    for command in commands:
        given = re.search(r"(?:exec(?: -T)?|stop|--no-deps|--rm) (?!-)([a-z ]+?)(?= sh | psql |$)", command)
        assert given is None or {*given[1].split()} <= {*SERVICES}, command
        if re.search(r"exec -T", command):  # where nobody can be asked for it
            assert "PGPASSWORD=$POSTGRES_PASSWORD" in command
    assert {word for command in commands for word in re.findall(r"pg_\w+", command)} >= {"pg_dump", "pg_restore"}


def test_settings_of_a_deployment_are_kept_out_of_git() -> None:
    assert ".env" in (ROOT / ".gitignore").read_text().splitlines()


def test_a_password_with_any_character_reaches_the_database() -> None:
    for name in ("migrate", "api", "worker"):
        environment = SERVICES[name]["environment"]
        assert environment["PGPASSWORD"] == SERVICES["postgres"]["environment"]["POSTGRES_PASSWORD"]
        assert "PASSWORD" not in environment["STEELYARD_DATABASE_URL"]


def test_the_jobs_of_a_worker_fit_into_its_memory() -> None:
    environment = SERVICES["worker"]["environment"]
    jobs = int(environment.get("STEELYARD_WORKER_CONCURRENCY", Settings.model_fields["worker_concurrency"].default))
    assert jobs * int(environment["STEELYARD_MAX_JOB_MEMORY_BYTES"]) + (1 << 29) <= memory("worker")


def test_the_largest_file_fits_into_the_memory_of_the_process_that_reads_it_and_that_into_the_api() -> None:
    environment = SERVICES["api"]["environment"]
    largest = int(environment["STEELYARD_MAX_DATASET_BYTES"])
    reading = int(environment["STEELYARD_MAX_JOB_MEMORY_BYTES"])
    # One cell for every two bytes takes eight bytes, beside the file itself and a column that is being made.
    assert 13 * largest <= reading
    assert reading + (1 << 30) <= memory("api")
    assert environment["TMPDIR"] in [volume.split(":")[1] for volume in SERVICES["api"]["volumes"]]


def test_the_api_and_the_worker_agree_on_what_a_job_may_take() -> None:
    both = [SERVICES[name]["environment"]["STEELYARD_MAX_JOB_MEMORY_BYTES"] for name in ("api", "worker")]
    assert len(set(both)) == 1


def test_the_image_gets_the_files_that_its_recipe_copies() -> None:
    let_through = (ROOT / ".dockerignore").read_text().splitlines()
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    for path in " ".join(copied).split():
        assert (ROOT / path).exists()
        assert f"!{path.split('/')[0]}" in let_through


def healthy(role: str, **environment: str) -> int:
    return subprocess.run(
        ["bash", HEALTHY, role], check=False, env=os.environ | environment, capture_output=True
    ).returncode


def test_a_worker_is_healthy_while_its_heartbeat_is_young(tmp_path: Path) -> None:
    file = tmp_path / "heartbeat"
    assert healthy("worker", STEELYARD_HEARTBEAT_FILE=str(file)) != 0
    file.touch()
    assert healthy("worker", STEELYARD_HEARTBEAT_FILE=str(file)) == 0
    then = time.time() - 60
    os.utime(file, (then, then))
    assert healthy("worker", STEELYARD_HEARTBEAT_FILE=str(file)) != 0


@pytest.mark.parametrize("status", [200, 503])
def test_an_api_is_healthy_if_it_answers(status: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as request:
                assert next(request).startswith(b"GET /healthz ")
                while next(request) != b"\r\n":
                    pass
                connection.sendall(b"HTTP/1.1 %d Some words\r\n\r\n" % status)

        thread = Thread(target=serve)
        thread.start()
        port = listener.getsockname()[1]
        assert (healthy("api", STEELYARD_PORT=str(port)) == 0) == (status == 200)
        thread.join()
    assert healthy("api", STEELYARD_PORT=str(port)) != 0
