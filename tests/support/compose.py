"""docker-compose.yml as a machine without Docker can run it: the same commands, paths and hosts mapped to this one."""

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yml"
_VARIABLE = re.compile(r"\$\{([A-Z_]+):-([^}]*)\}")


def compose(environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The file, read; variables as `environment` says, else their defaults."""
    given = environment or {}
    text = _VARIABLE.sub(lambda found: given.get(found[1], found[2]), FILE.read_text(encoding="utf-8"))
    loaded = yaml.safe_load(text)
    assert isinstance(loaded, dict)
    return loaded


class Bare:
    """What a service's container sees, on this machine: its paths under `folder`, other services on 127.0.0.1."""

    def __init__(self, folder: Path, ports: Mapping[str, int]) -> None:
        """`folder` is where `tocsin env` wrote; `ports`: "service:port" -> the port here."""
        self.folder = folder
        self._ports = ports
        self.file = compose({"TOCSIN_DEPLOY": str(folder / "deploy")})

    def service(self, name: str) -> dict[str, Any]:
        found = self.file["services"][name]
        assert isinstance(found, dict)
        return found

    def paths(self, name: str) -> dict[str, str]:
        """Path in the container -> path here: its mounts, its own volumes and its secrets."""
        service = self.service(name)
        here: dict[str, str] = {}
        for volume in service.get("volumes", []):
            if isinstance(volume, dict) and "source" not in volume:
                place = self.folder / "volumes" / f"of-{name}"
                place.mkdir(parents=True, exist_ok=True)
                here[volume["target"]] = str(place)
            elif isinstance(volume, dict):
                here[volume["target"]] = str((ROOT / volume["source"]).resolve())
            else:
                source, target, *_ = volume.split(":")
                place = self.folder / "volumes" / source
                place.mkdir(parents=True, exist_ok=True)
                here[target] = str(place)
        for secret in service.get("secrets", []):
            source = secret if isinstance(secret, str) else secret["source"]
            target = f"/run/secrets/{source}" if isinstance(secret, str) else secret["target"]
            here[target] = str(Path(self.file["secrets"][source]["file"]).resolve())
        return here

    def mapped(self, name: str, text: str) -> str:
        """A text of the service's (a command, a configuration) as it reads on this machine."""
        paths = self.paths(name)
        for inside in sorted(paths, key=len, reverse=True):
            text = text.replace(inside, paths[inside])
        for place, port in self._ports.items():
            text = text.replace(place, f"127.0.0.1:{port}")
        for place, port in self._ports.items():
            service, inside_port = place.split(":")
            if service == name:
                text = re.sub(rf"(0\.0\.0\.0|127\.0\.0\.1)?:{inside_port}\b", f"127.0.0.1:{port}", text)
        return text

    def command(self, name: str, programs: Mapping[str, str]) -> list[str]:
        """The service's command line, with the program of this machine in the place of the image's."""
        service = self.service(name)
        words = [*service.get("entrypoint", []), *service.get("command", [])]
        if "build" in service and "entrypoint" not in service:
            words = ["tocsin", *words]
        mapped = [self.mapped(name, word) for word in words]
        return [programs[words[0]], *mapped[1:]]

    def start(self, name: str, programs: Mapping[str, str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """Start it; it writes to `<name>.log`."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("TOCSIN_")}
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                self.command(name, programs),
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd=self.folder,
                env={**kept, **environment},
            )
