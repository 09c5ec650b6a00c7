"""`python -m tools.services.guarded [--as UID:GID] PROGRAM ...`: a server that ends when who started it does.

Its end of the pipe on stdin closes with that process, however it goes. The server stands in a session of its own, so
Ctrl-C reaches only who may end things in order.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Final

_FORWARDED: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
_HERE: Final = Path(__file__).resolve().parents[2]


def start_guarded(
    command: Sequence[object], log: IO[bytes], user: tuple[int, int] | None = None
) -> "subprocess.Popen[bytes]":
    """Start it; close the stdin of what is returned to end it at once. Signals are handed on. `user`: (uid, gid)."""
    own = ["--as", f"{user[0]}:{user[1]}"] if user is not None else []
    guarded = [sys.executable, "-m", "tools.services.guarded", *own, *map(str, command)]
    return subprocess.Popen(guarded, stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=_HERE, start_new_session=True)


def main(arguments: Sequence[str]) -> int:
    who: dict[str, Any] = {}
    if arguments[0] == "--as":
        uid, _, gid = arguments[1].partition(":")
        who, arguments = {"user": int(uid), "group": int(gid), "extra_groups": [], "cwd": "/"}, arguments[2:]
    server = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, **who)
    for number in _FORWARDED:
        signal.signal(number, lambda got, _: server.send_signal(got))

    def end_with_the_parent() -> None:
        while os.read(sys.stdin.fileno(), 4096):
            pass
        server.kill()

    threading.Thread(target=end_with_the_parent, daemon=True).start()
    return server.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
