"""`python -m tocsin.demo.child ...`: `tocsin ...` that ends when the process that started it does, however it does."""

import os
import sys
import threading

from tocsin.cli import main


def _end_with_the_parent() -> None:
    """Its end of the pipe closes with it."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    main()
