"""What boards are called, wherever they are built, linked or pushed (knows nothing of how they are built)."""

from pathlib import Path
from typing import Final, Literal

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")

DATASOURCE_UID: Final = "tocsin-influx"
"""The InfluxDB data source (InfluxQL) that every query names."""

MINUTE_BUCKET: Final = "minute_bucket"
"""The hidden variable that says in which bucket roll-ups by the minute are."""

TAG: Final = "tocsin"
"""Every board has this tag, and `tocsin-zh` or `tocsin-en` besides."""

BOARDS: Final = (
    "district",
    "enterprise",
    "unit",
    "point",
    "alarms",
    "kpi",
    "disposal",
    "devices",
    "delivery",
    "health",
)

GENERATED: Final = Path(__file__).parent / "generated"
"""Holds <language>/<board>.json."""


def uid_of(board: str, language: Language) -> str:
    """The uid under which Grafana knows a board; links are made of it, so it never changes."""
    if board not in BOARDS:
        raise ValueError(f"no such board: {board}")
    return f"tocsin-{board}-{language}"


def path_of(board: str, language: Language) -> Path:
    """Where the generated JSON of a board is."""
    return GENERATED / language / f"{board}.json"
