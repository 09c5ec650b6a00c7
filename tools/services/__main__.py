"""`make services`: bring the real services that tests and benches use. Starts none of them; safe to repeat."""

import argparse
import fcntl
import sys
import time
from collections.abc import Sequence

from .axe import RECIPE as AXE
from .chromium import RECIPE as CHROMIUM
from .clients import RECIPE as CLIENTS
from .compose_spec import RECIPE as COMPOSE_SPEC
from .grafana_api import RECIPE as GRAFANA_API
from .grafana_data import RECIPE as GRAFANA_DATA
from .influxd import RECIPE as INFLUXD
from .kafka import RECIPE as KAFKA
from .kustomize import RECIPE as KUSTOMIZE
from .mosquitto import RECIPE as MOSQUITTO
from .node_clients import RECIPE as NODE_CLIENTS
from .postgres import RECIPE as POSTGRES
from .recipe import Recipe, ServiceError, cache_folder

RECIPES: tuple[Recipe, ...] = (
    MOSQUITTO,
    CHROMIUM,
    AXE,
    INFLUXD,
    KAFKA,
    POSTGRES,
    COMPOSE_SPEC,
    KUSTOMIZE,
    CLIENTS,
    NODE_CLIENTS,
    GRAFANA_API,
    GRAFANA_DATA,
)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make services", description=__doc__)
    names = ",".join(recipe.name for recipe in RECIPES)
    parser.add_argument("--only", default=names, metavar="NAMES", help=f"some of {names}, separated by commas")
    parser.add_argument("--list", action="store_true", help="only say what is there")
    options = parser.parse_args(arguments)
    chosen = set(options.only.split(","))
    unknown = chosen - {recipe.name for recipe in RECIPES}
    if unknown:
        parser.error(f"unknown service {', '.join(sorted(unknown))}; there are {names}")

    cache_folder().mkdir(parents=True, exist_ok=True)
    rows: list[tuple[str, str, str]] = []
    failed = False
    with (cache_folder() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for recipe in RECIPES:
            where = recipe.find()
            state = str(where) if where else "not there"
            if where is None and recipe.name in chosen and not options.list:
                started = time.monotonic()
                print(f"{recipe.name} {recipe.version}", flush=True)
                try:
                    state = f"{recipe.bring()}  (brought in {time.monotonic() - started:.0f} s)"
                except ServiceError as error:
                    state, failed = "FAILED", True
                    print(f"{recipe.name}: {error}", file=sys.stderr)
            rows.append((recipe.name, recipe.version, state))
    for name, version, state in rows:
        print(f"{name:12} {version:10} {state}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
