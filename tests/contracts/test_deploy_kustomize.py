"""The Kubernetes manifests: by the schemas of Kubernetes, by what they refer to, and by our own rules."""

import re
import tomllib
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
from support.kustomize import OVERLAYS, ROOT, Manifest, inside, pods, read, rendered

from tocsin.scale.load import Load
from tocsin.scale.plan import plan
from tocsin.settings import read_settings

BASE = ROOT / "base"
PATCHES = {BASE / "every-pod.yaml", BASE / "every-service.yaml"}
FILES = sorted(set(BASE.glob("*.yaml")) - PATCHES - {BASE / "kustomization.yaml"})
VERSIONS = ("1.31", "1.34", kubernetes_validate.latest_version())
PAGE = ROOT.parents[1] / "docs" / "how-to" / "install-on-kubernetes.md"
LASTING = ("bridge", "worker", "notifier", "follow", "console", "answers")
LOADS = {
    "small": Load(440_000, 8e8, 4_400, 4_400.0, 1.0),
    "large": Load(4_400_000, 8e9, 44_000, 44_000.0, 1.0),
}
USERS = {f"tocsin-{name}" for name in (*LASTING, "admin")}
FROM_PEOPLE = {"console", "answers"}

overlays = pytest.mark.parametrize("overlay", OVERLAYS)


def named(kind: str, manifests: tuple[Manifest, ...]) -> dict[str, Manifest]:
    return {one["metadata"]["name"]: one for one in manifests if one["kind"] == kind}


def secrets(pod: Any) -> set[str]:
    """The Secrets that a pod takes something from."""
    return {one["secret"]["name"] for one in inside(pod) if "name" in one.get("secret", {})}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_file_holds_to_the_schemas_of_kubernetes(file: Path) -> None:
    for one in read(file):
        kubernetes_validate.validate(one, VERSIONS[0], strict=True)


@overlays
@pytest.mark.parametrize("version", VERSIONS)
def test_all_that_is_applied_holds_to_the_schemas_of_kubernetes(overlay: str, version: str) -> None:
    for one in rendered(overlay):
        kubernetes_validate.validate(one, version, strict=True)


def test_the_schemas_refuse_what_is_wrong() -> None:
    (wrong,) = read(BASE / "worker.yaml")
    wrong["spec"]["template"]["spec"]["contaners"] = []
    with pytest.raises(kubernetes_validate.ValidationError, match="contaners"):
        kubernetes_validate.validate(wrong, VERSIONS[0], strict=True)


def test_every_file_is_named_and_every_name_is_a_file() -> None:
    for kustomization in ROOT.rglob("kustomization.yaml"):
        (said,) = read(kustomization)
        folder = kustomization.parent
        paths = [*said["resources"], *(patch["path"] for patch in said.get("patches", []))]
        paths += [file for one in said.get("configMapGenerator", []) for file in one.get("files", [])]
        assert all((folder / path).exists() for path in paths)
        assert {folder / path for path in paths} | {kustomization} >= set(folder.iterdir()), "a file that nobody names"


@overlays
def test_what_is_referred_to_is_there(overlay: str) -> None:
    manifests = rendered(overlay)
    maps, claims = named("ConfigMap", manifests), named("PersistentVolumeClaim", manifests)
    for name, pod in pods(manifests):
        spec = pod["spec"]
        volumes = {volume["name"]: volume for volume in spec["volumes"]}
        assert all(len(volume) == 2 for volume in volumes.values()), f"{name}: a volume is of one kind"
        (container,) = spec["containers"]
        assert {mount["name"] for mount in container["volumeMounts"]} == set(volumes), name
        for one in inside(spec):
            if "configMapRef" in one:
                assert one["configMapRef"]["name"] in maps
            if "configMap" in one:
                assert one["configMap"]["name"] in maps
            if "persistentVolumeClaim" in one:
                assert one["persistentVolumeClaim"]["claimName"] in claims
        assert spec["serviceAccountName"] in named("ServiceAccount", manifests)
        assert spec.get("priorityClassName", "tocsin-alarm-path") in named("PriorityClass", manifests)
        assert container["image"] == "registry.example.org/tocsin:0.1.0"
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            if probe in container:
                assert container[probe]["httpGet"]["port"] in {port["name"] for port in container["ports"]}
    assert {one["metadata"].get("namespace", "tocsin") for one in manifests} == {"tocsin"}


@overlays
def test_whoever_selects_selects_somebody(overlay: str) -> None:
    manifests = rendered(overlay)
    labels = [pod["metadata"]["labels"] for _, pod in pods(manifests)]
    selectors = [one["spec"]["selector"] for one in manifests if one["kind"] == "Service"]
    selectors += [
        one["spec"]["selector"]["matchLabels"]
        for one in manifests
        if one["kind"] in ("Deployment", "PodDisruptionBudget")
    ]
    for one in inside(list(manifests)):
        for key in ("podSelector", "labelSelector"):
            selectors += [one[key]["matchLabels"]] if "matchLabels" in one.get(key, {}) else []
            for said in one.get(key, {}).get("matchExpressions", []):
                assert said["operator"] == "In"
                selectors += [{said["key"]: value} for value in said["values"]]
    assert len(selectors) > 30
    for selector in selectors:
        assert any(selector.items() <= of_pod.items() for of_pod in labels), selector
    for service in named("Service", manifests).values():
        ports = {
            port["name"]
            for _, pod in pods(manifests)
            if service["spec"]["selector"].items() <= pod["metadata"]["labels"].items()
            for port in pod["spec"]["containers"][0]["ports"]
        }
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports


@overlays
def test_no_pod_has_more_rights_than_it_needs(overlay: str) -> None:
    """What Pod Security asks for at its level `restricted`, and a little more."""
    manifests = rendered(overlay)
    assert (
        named("Namespace", manifests)["tocsin"]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
        == "restricted"
    )
    for name, pod in pods(manifests):
        spec = pod["spec"]
        assert spec["automountServiceAccountToken"] is False
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & set(spec)
        assert not any("hostPath" in volume for volume in spec["volumes"])
        (container,) = spec["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {"cpu", "memory"} <= set(container["resources"]["requests"]), name
        assert "memory" in container["resources"]["limits"]
        assert "cpu" not in container["resources"]["limits"], "alarms are never held up to save time"


@overlays
def test_no_secret_is_in_the_manifests_and_each_process_has_its_own(overlay: str) -> None:
    manifests = rendered(overlay)
    assert not named("Secret", manifests)
    of = {name: secrets(pod) for name, pod in pods(manifests)}
    for name, pod in pods(manifests):
        (container,) = pod["spec"]["containers"]
        said = {one["name"]: one["value"] for one in container["env"]}
        assert not any(re.search("PASSWORD|TOKEN|SECRET", variable) for variable in said)
        assert said["TOCSIN_KAFKA__USERNAME"] in of[name], "the Secret of a user of Kafka bears its name"
    users = {name: secrets(pod) & USERS for name, pod in pods(manifests)}
    assert users == {name: {f"tocsin-{name}"} for name in LASTING} | {
        one: {"tocsin-admin"} for one in ("admin", "topics")
    }
    assert of["worker"] == {"tocsin-worker", "tocsin-kafka-ca"}, "who decides needs nothing else"


def test_every_secret_is_told_of_with_its_keys() -> None:
    said = set(re.findall(r"^\| `(tocsin-[a-z-]+)` \| ([^|]+) \|", PAGE.read_text(encoding="utf-8"), re.M))
    wanted: dict[str, set[str]] = {}
    for file in FILES:
        for one in inside(read(file)):
            if "name" in one.get("secret", {}):
                keys = {item["key"] for item in one["secret"].get("items", [])}
                wanted.setdefault(one["secret"]["name"], set()).update(keys)
    assert {name: set(re.findall(r"`([a-z.]+)`", keys)) for name, keys in said} == wanted


@overlays
def test_every_process_ends_in_its_own_time_and_is_watched(overlay: str) -> None:
    manifests = rendered(overlay)
    deployments, budgets = named("Deployment", manifests), named("PodDisruptionBudget", manifests)
    assert deployments.pop("admin")["spec"]["replicas"] == 0, "it is there when it is asked for"
    assert set(deployments) == set(LASTING)
    assert set(budgets) == set(LASTING) - {"console"}, "of which there is one"
    for name, deployment in deployments.items():
        spec = deployment["spec"]["template"]["spec"]
        (container,) = spec["containers"]
        assert container["args"] == [name, "--config", "/etc/tocsin/tocsin.toml"]
        assert spec["terminationGracePeriodSeconds"] == 60
        assert {"startupProbe", "livenessProbe", "readinessProbe"} <= set(container)
        ready = "/healthz" if name in FROM_PEOPLE else "/readyz"
        assert container["readinessProbe"]["httpGet"]["path"] == ready
        if name != "console":
            assert deployment["spec"]["replicas"] > 1
            assert len(spec["topologySpreadConstraints"]) == 2


@overlays
def test_an_overlay_has_what_the_plan_says_of_its_load(overlay: str) -> None:
    manifests = rendered(overlay)
    deployments, load = named("Deployment", manifests), LOADS[overlay]
    planned = plan(load)
    lines = {line.name: line.value for section in planned.sections for line in section.lines}
    places = next(one for one in manifests if one["metadata"]["name"].startswith("tocsin-places"))["data"]
    assert int(places["TOCSIN_KAFKA__PARTITIONS"]) >= planned.partitions_needed
    wanted = {"worker": planned.workers, "bridge": planned.bridges, "follow": lines["raw history followers"]}
    for name, count in wanted.items():
        assert deployments[name]["spec"]["replicas"] >= count, name
    for name in ("worker", "bridge"):
        limit = deployments[name]["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["memory"]
        assert int(limit.removesuffix("Gi")) * 2**30 >= lines[f"memory of a {name}"] * 1.2e6, name
    (container,) = named("Job", manifests)["topics"]["spec"]["template"]["spec"]["containers"]
    said = dict(zip(container["args"], container["args"][1:], strict=False))
    assert (float(said["--points"]), float(said["--readings-per-day"])) == (load.points, load.readings_a_day)


@overlays
def test_the_settings_can_be_read_and_go_with_what_is_mounted(overlay: str, tmp_path: Path) -> None:
    manifests = rendered(overlay)
    settings_map = next(one for one in manifests if one["metadata"]["name"].startswith("tocsin-settings"))
    places = next(one for one in manifests if one["metadata"]["name"].startswith("tocsin-places"))["data"]
    (tmp_path / "tocsin.toml").write_text(settings_map["data"]["tocsin.toml"])
    for name, pod in pods(manifests):
        (container,) = pod["spec"]["containers"]
        settings = read_settings(
            tmp_path / "tocsin.toml", {**places, **{one["name"]: one["value"] for one in container["env"]}}
        )
        assert settings.kafka is not None
        assert settings.kafka.partitions == int(places["TOCSIN_KAFKA__PARTITIONS"])
        assert settings.kafka.username == f"tocsin-{'admin' if name == 'topics' else name}"
    given = {item["path"] for _, pod in pods(manifests) for one in inside(pod) for item in one.get("items", [])}
    text = settings_map["data"]["tocsin.toml"]
    assert set(re.findall(r'"/run/secrets/tocsin/([^"]+)"', text)) == given
    assert tomllib.loads(text)["http"]["listen"].endswith(":9108")


@overlays
def test_everybody_is_shut_out_but_who_is_named(overlay: str) -> None:
    policies = named("NetworkPolicy", rendered(overlay))
    closed = policies["nothing-else"]["spec"]
    assert closed == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    for name, policy in policies.items():
        for rule in policy["spec"].get("ingress", []):
            assert rule["from"], f"{name} lets everybody in"
            assert rule["ports"]
        for rule in policy["spec"].get("egress", []):
            assert rule["ports"], f"{name} lets everything out"
