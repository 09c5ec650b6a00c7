"""Times and texts as people see them on a terminal."""

from datetime import UTC, datetime


def shown_time(at_ms: int | None) -> str:
    """A time in UTC to the second; empty for none."""
    if at_ms is None:
        return ""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(" ", "seconds").removesuffix("+00:00")


def shown_text(text: str) -> str:
    """What somebody wrote, on one line: nothing in it moves the cursor or colours the screen."""
    return "".join(char if char.isprintable() else "·" for char in text)
