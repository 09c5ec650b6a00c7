"""`tocsin` on a machine whose clock is wrong: `python -P wrong_clock.py OFF_MS COMMAND ...`."""

import sys

from tocsin.cli import main
from tocsin.clock import SystemClock

if __name__ == "__main__":
    right_ms, off_ms = SystemClock.now_ms, int(sys.argv.pop(1))
    setattr(SystemClock, "now_ms", lambda clock: right_ms(clock) + off_ms)  # noqa: B010 - no assignment for mypy's sake
    main()
