"""InfluxDB 2: there is no package of it, so Go builds it as a dependency of an empty module (about five minutes)."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from .recipe import Recipe, ServiceError, cache_folder, need, run

VERSION = "2.7.12"

_GO_MOD = f"""\
module tocsin.local/influxd

go 1.23

require github.com/influxdata/influxdb/v2 v{VERSION}

replace github.com/nats-io/nats-streaming-server v0.11.2 => \
github.com/influxdata/nats-streaming-server v0.11.3-0.20201112040610-c277f7560803
"""

_TOOLS_GO = """\
//go:build tools

package tools

import _ "github.com/influxdata/influxdb/v2/cmd/influxd"
"""

# Flux, a part of it written in Rust, turns the warnings of newer compilers into errors.
_RUSTC_WRAPPER = """\
#!/bin/sh
exec "$@" --cap-lints warn
"""

_PKG_CONFIG = "github.com/influxdata/pkg-config@v0.2.7"


def find() -> Path | None:
    """The cached program of this version, else an influxd on PATH."""
    cached = _cached()
    if cached.exists():
        return cached
    found = shutil.which("influxd")
    return Path(found) if found else None


def bring() -> Path:
    """Build it, unless it is there. A build that is cut short leaves nothing behind."""
    there = find()
    if there is not None:
        return there
    go = need("go", "install Go 1.23 or newer")
    need("cargo", "install Rust (rustup, the stable toolchain)")
    need("gcc", "apt-get install build-essential")
    target = _cached()
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache_folder(), prefix="influxd-build-") as folder:
        build = Path(folder)
        log = target.parent / "build.log"
        log.unlink(missing_ok=True)
        (build / "go.mod").write_text(_GO_MOD)
        (build / "tools.go").write_text(_TOOLS_GO)
        wrapper = build / "rustc-wrapper"
        wrapper.write_text(_RUSTC_WRAPPER)
        wrapper.chmod(0o755)
        env = _environment(build, wrapper)
        run("its pkg-config", [go, "install", _PKG_CONFIG], log, build, env)
        run("its modules", [go, "mod", "tidy"], log, build, env)
        run(
            "influxd itself, 5 minutes on 2 cores",
            [go, "build", "-v", "-o", str(build / "influxd"), "github.com/influxdata/influxdb/v2/cmd/influxd"],
            log,
            build,
            env,
        )
        os.replace(build / "influxd", target)
    return target


def _cached() -> Path:
    return cache_folder() / f"influxd-{VERSION}" / "influxd"


def _environment(build: Path, wrapper: Path) -> dict[str, str]:
    """The build's own pkg-config comes first on PATH: it compiles Flux when Go asks for its flags."""
    env = dict(os.environ)
    tools = build / "bin"
    env["GOBIN"] = str(tools)
    env["PATH"] = f"{tools}{os.pathsep}{env['PATH']}"
    env["PKG_CONFIG"] = str(tools / "pkg-config")
    env["GOFLAGS"] = "-mod=mod -buildvcs=false"
    env["RUSTC_WRAPPER"] = str(wrapper)
    toolchain = _installed_toolchain()
    if toolchain:
        env["RUSTUP_TOOLCHAIN"] = toolchain
    return env


def _installed_toolchain() -> str | None:
    """Flux names an old toolchain in a file of its own; the installed one does as well and needs no download."""
    if shutil.which("rustup") is None:
        return None
    answer = subprocess.run(
        ["rustup", "show", "active-toolchain"], cwd="/", capture_output=True, text=True, check=False
    )
    if answer.returncode != 0 or not answer.stdout.split():
        raise ServiceError(f"rustup has no active toolchain: {answer.stderr.strip()}")
    return answer.stdout.split()[0]


RECIPE = Recipe("influxd", VERSION, find, bring)
