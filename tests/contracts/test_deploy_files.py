"""docker-compose.yml, Dockerfile and units, looked at without Docker: by others' checkers, and by our own rules."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.compose import ROOT, compose

from tocsin.deploy.cluster import BROKERS
from tocsin.deploy.writing import write_deployment
from tools.services.compose_spec import find as find_compose_spec

SERVICES = sorted(compose()["services"])
NOW_MS = 1_790_000_000_000


def service(name: str) -> dict[str, Any]:
    found = compose()["services"][name]
    assert isinstance(found, dict)
    return found


def profiles_of(name: str) -> set[str]:
    """The profiles in which a service runs."""
    return set(service(name).get("profiles", ["single", "cluster"]))


def test_the_compose_file_holds_to_the_specification(tmp_path: Path) -> None:
    program = find_compose_spec()
    if program is None:
        pytest.skip("the loader of the Compose Specification is not there: make services builds it")
    write_deployment(tmp_path / "deploy", tmp_path / ".env", now_ms=NOW_MS, cluster=True)
    for name in ("docker-compose.yml", "Dockerfile"):
        shutil.copy(ROOT / name, tmp_path)
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("TOCSIN_", "COMPOSE_"))}
    ran = subprocess.run(
        [program, "docker-compose.yml"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    for named in re.findall(rf"{tmp_path}/\S+", ran.stdout):
        if not Path(named).is_relative_to(tmp_path / "dashboards") and "packaging" not in named:
            assert Path(named).exists(), f"{named} is mounted, and nobody makes it"


def test_docker_composes_own_word_where_it_is_installed(tmp_path: Path) -> None:
    docker = shutil.which("docker")
    asked = [docker or "docker", "compose", "version"]
    if docker is None or subprocess.run(asked, capture_output=True, check=False).returncode != 0:
        pytest.skip("docker compose is not installed")
    write_deployment(tmp_path / "deploy", tmp_path / ".env", now_ms=NOW_MS)
    for name in ("docker-compose.yml", "Dockerfile"):
        shutil.copy(ROOT / name, tmp_path)
    ran = subprocess.run(
        [docker, "compose", "config", "--quiet"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_pinned_bounded_and_has_no_more_rights_than_it_needs(name: str) -> None:
    found = service(name)
    assert re.fullmatch(r"[a-z/-]+:\d+\.\d+\.\d+|postgres:\d+\.\d+", found["image"]), "a version, and all of it"
    user, _, group = str(found["user"]).partition(":")
    assert int(user) > 0, "never root"
    assert int(group) > 0
    assert found["cap_drop"] == ["ALL"]
    assert found["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in found
    assert "network_mode" not in found
    assert found["read_only"] or name.startswith("kafka-")
    assert found["logging"]["options"] == {"max-size": "10m", "max-file": "5"}
    assert found["networks"]


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_says_whether_it_is_well(name: str) -> None:
    found = service(name)
    if found["restart"] == "on-failure:5":
        assert found["healthcheck"] == {"disable": True}, "it runs once and ends"
        return
    assert found["healthcheck"]["test"][0] == "CMD", "no shell between"
    assert {"interval", "timeout", "retries", "start_period"} <= set(found["healthcheck"])


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_opened_on_this_machine_alone_unless_env_says_otherwise(name: str) -> None:
    for port in service(name).get("ports", []):
        assert port.startswith("127.0.0.1:"), port


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_secret_stands_in_the_file(name: str) -> None:
    declared = set(compose()["secrets"])
    for key, value in service(name).get("environment", {}).items():
        assert not re.search(r"PASSWORD|TOKEN|SECRET", key) or str(value).startswith("/run/"), key
    for secret in service(name).get("secrets", []):
        assert (secret if isinstance(secret, str) else secret["source"]) in declared


def test_the_alarm_path_waits_for_the_broker_alone() -> None:
    assert set(service("tocsin")["depends_on"]) == {"mosquitto"}
    for name in SERVICES:
        for other, how in service(name).get("depends_on", {}).items():
            assert other in SERVICES
            assert profiles_of(name) <= profiles_of(other), f"{name} runs where {other} does not"
            once = service(other)["restart"] == "on-failure:5"
            assert how["condition"] == ("service_completed_successfully" if once else "service_healthy")


def test_one_process_and_the_cluster_never_run_both() -> None:
    """Each alarm would be told twice."""
    commands = {name: service(name).get("command", [""])[0] for name in SERVICES}
    assert {name for name in SERVICES if "single" in profiles_of(name)} & {
        name for name, command in commands.items() if command in ("bridge", "worker", "notifier", "follow")
    } == set()
    assert profiles_of("tocsin") == {"single"}
    for profile in ("single", "cluster"):
        opened = [port for name in SERVICES if profile in profiles_of(name) for port in service(name).get("ports", [])]
        assert len(set(opened)) == len(opened) == {"single": 6, "cluster": 5}[profile]
        if profile == "cluster":
            single = {
                port for name in SERVICES for port in service(name).get("ports", []) if "single" in profiles_of(name)
            }
            assert set(opened) < single, "it opens nothing that one process would not"


def test_no_broker_of_kafka_speaks_to_anybody_without_a_certificate() -> None:
    brokers = [name for name in SERVICES if name.startswith("kafka-")]
    assert [f"{name}" for name in brokers] == list(BROKERS)
    for number, name in enumerate(brokers, 1):
        said = service(name)["environment"]
        protocols = dict(pair.split(":") for pair in said["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(","))
        assert set(protocols) == {place.split(":")[0] for place in said["KAFKA_LISTENERS"].split(",")}
        assert set(protocols.values()) == {"SSL"}
        assert said["KAFKA_SSL_CLIENT_AUTH"] == "required"
        assert said["KAFKA_NODE_ID"] == str(number)
        assert said["KAFKA_ADVERTISED_LISTENERS"] == f"INSIDE://{name}:9092"
        assert f"{number}@{name}:9093" in said["KAFKA_CONTROLLER_QUORUM_VOTERS"].split(",")
        assert set(service(name)["secrets"]) == {"kafka_ca", f"kafka_{number}"}, "its own key alone"
        assert service(name)["networks"] == ["inside"]


@pytest.mark.parametrize(
    ("asks", "variable", "other"),
    [("console", "TOCSIN_HTTP__LISTEN", "tocsin:9108"), ("tocsin", "TOCSIN_CONSOLE__LISTEN", "console:8080")],
)
def test_one_container_asks_another_by_its_name(asks: str, variable: str, other: str) -> None:
    """On its own loopback the console would find no service, and every screen would say that it is blind."""
    assert service(asks)["environment"][variable] == other
    assert set(service(asks)["networks"]) & set(service(other.split(":")[0])["networks"])


def test_hadolint_has_nothing_to_say_about_the_dockerfile() -> None:
    program = shutil.which("hadolint", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if program is None:
        pytest.skip("hadolint is not installed")
    ran = subprocess.run([program, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout


def test_the_image_is_made_from_the_lock_and_runs_as_nobody() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    stages = re.findall(r"^FROM (\S+)", text, re.M)
    assert len(stages) == 2
    assert all(re.fullmatch(r"python:\d+\.\d+\.\d+-slim-\w+", stage) for stage in stages)
    assert "--require-hashes" in text
    assert "--constraints requirements.lock --build-constraints requirements.lock" in text
    assert re.findall(r"^USER (\S+)", text, re.M) == ["10001:10001"]
    copied = set(re.findall(r"^COPY ([a-z]+) \1$", text, re.M))
    packages = re.search(r"^packages = \[(.*?)\]", (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.M)
    assert packages is not None
    assert copied == set(re.findall(r'"(\w+)"', packages[1])), "every package of the wheel goes in"
    allowed = set(re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.M))
    assert copied <= allowed
    assert "deploy" not in allowed
    assert ".env" not in allowed
