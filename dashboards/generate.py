"""Builds every board in every language, and writes or compares the files."""

import json
from collections.abc import Callable
from typing import Any, Final

from dashboards.board import Board
from dashboards.boards import (
    alarms,
    delivery,
    devices,
    disposal,
    district,
    enterprise,
    health,
    kpi,
    point,
    unit,
)
from dashboards.names import BOARDS, GENERATED, LANGUAGES, Language, path_of
from dashboards.say import Say

_BUILDERS: Final[dict[str, Callable[[Say], Board]]] = {
    "district": district.build,
    "enterprise": enterprise.build,
    "unit": unit.build,
    "point": point.build,
    "alarms": alarms.build,
    "kpi": kpi.build,
    "disposal": disposal.build,
    "devices": devices.build,
    "delivery": delivery.build,
    "health": health.build,
}


def build(board: str, language: Language) -> dict[str, Any]:
    """One board as Grafana's JSON in plain objects."""
    return _BUILDERS[board](Say(language)).build()


def text_of(board: str, language: Language) -> str:
    """The very text of its file."""
    return json.dumps(build(board, language), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def write() -> list[str]:
    """Write all files; returns those that changed, as `<language>/<board>.json`."""
    changed = []
    for language in LANGUAGES:
        for board in BOARDS:
            path, text = path_of(board, language), text_of(board, language)
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
                changed.append(str(path.relative_to(GENERATED)))
    return changed
