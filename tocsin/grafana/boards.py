"""Boards: read as they were generated, pushed where they differ from what was pushed last."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from dashboards.names import MINUTE_BUCKET, Language, path_of
from tocsin.grafana.connection import Grafana
from tocsin.grafana.errors import GrafanaError
from tocsin.grafana.outcome import Became, Outcome, Tell

_TO_CONSOLE: Final[dict[Language, str]] = {"zh": "控制台", "en": "Console"}


@dataclass(frozen=True, slots=True)
class Board:
    """A board and the folder in which it lies."""

    folder: str
    model: dict[str, Any]

    @property
    def uid(self) -> str:
        return str(self.model["uid"])

    @property
    def title(self) -> str:
        return str(self.model["title"])

    def mark(self) -> str:
        """The message of the version that holds this very board: by it a later push sees that nothing changed."""
        text = json.dumps(self.model, sort_keys=True, ensure_ascii=False)
        return f"tocsin grafana push {sha256(text.encode()).hexdigest()[:12]}"


def read_boards(
    names: Iterable[str],
    language: Language,
    folder: str,
    console_url: str | None = None,
    minute_bucket: str | None = None,
) -> list[Board]:
    """Boards of one language. With `console_url` each links to the console; `minute_bucket` is where roll-ups by the
    minute are, if not where the files say. GrafanaError if one can't be read."""
    models = [_with_bucket(_read(name, language), minute_bucket) for name in names]
    return [Board(folder, _with_console(model, language, console_url)) for model in models]


def push_board(grafana: Grafana, wanted: Board, tell: Tell) -> None:
    """Make the board as wanted. What somebody changed by hand is overwritten; Grafana keeps it as a version."""
    there = grafana.find(f"board {wanted.uid}", f"/dashboards/uid/{wanted.uid}")
    if there is not None and there["meta"].get("provisioned"):
        became = Became.LEFT
    elif there is not None and there["meta"].get("folderUid") == wanted.folder and _is_current(grafana, wanted):
        became = Became.UNCHANGED
    else:
        command = {
            "dashboard": {**wanted.model, "id": None},
            "folderUid": wanted.folder,
            "message": wanted.mark(),
            "overwrite": True,
        }
        grafana.do(f"save board {wanted.uid}", lambda api: api.dashboard.update_dashboard(command))
        became = Became.CREATED if there is None else Became.UPDATED
    tell(Outcome("board", f"{wanted.title} ({wanted.uid})", became))


def _is_current(grafana: Grafana, wanted: Board) -> bool:
    """Grafana rewrites what it stores, so the board itself can't be compared; its newest version's message can."""
    answer = grafana.get(f"versions of board {wanted.uid}", f"/dashboards/uid/{wanted.uid}/versions?limit=1")
    newest = answer.get("versions") or [{}]
    return bool(newest[0].get("message") == wanted.mark())


def _read(name: str, language: Language) -> dict[str, Any]:
    path = path_of(name, language)
    try:
        model: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise GrafanaError(f"board {name} ({language}) can't be read: {error}") from None
    return model


def _with_bucket(model: dict[str, Any], bucket: str | None) -> dict[str, Any]:
    variables = model.get("templating", {}).get("list", [])
    if bucket is None or not variables:
        return model
    variables = [{**given, "query": bucket} if given["name"] == MINUTE_BUCKET else given for given in variables]
    return {**model, "templating": {"list": variables}}


def _with_console(model: dict[str, Any], language: Language, url: str | None) -> dict[str, Any]:
    if url is None:
        return model
    title = _TO_CONSOLE[language]
    link = {"type": "link", "title": title, "url": url, "icon": "external link", "targetBlank": True, "tags": []}
    return {**model, "links": [*model.get("links", []), link]}
