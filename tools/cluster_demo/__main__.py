"""`python -m tools.cluster_demo`: started by `make demo CLUSTER=1`."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from tocsin.demo.show import MissingExtraError
from tocsin.observe.logs import set_up_logs
from tools.services.recipe import ServiceError

from .show import show


def main() -> int:
    parser = argparse.ArgumentParser(prog="make demo CLUSTER=1", description=__doc__)
    parser.add_argument("--seconds", type=float, default=0, help="stop by itself after so long; 0: never")
    parser.add_argument("--port", type=int, default=8080, help="of the console; if taken, a free one")
    parser.add_argument("--folder", type=Path, default=Path("demo-data/cluster"), help="where the demo keeps its data")
    parser.add_argument("--speed", type=float, default=1.0, help="seconds of the county's day in one second")
    options = parser.parse_args()
    set_up_logs("WARNING")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    try:
        return show(options.folder, options.port, options.seconds, options.speed, stop)
    except (ServiceError, MissingExtraError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
