"""An organisation of Grafana's for one enterprise: its own boards, over a bucket that holds nothing of others."""

from collections.abc import Iterable
from typing import Final

from dashboards.names import Language
from dashboards.provisioning.files import FOLDERS
from tocsin.grafana.boards import Board, push_board, read_boards
from tocsin.grafana.connection import Grafana
from tocsin.grafana.datasource import Datasource, push_datasource
from tocsin.grafana.folders import Folder, push_folder
from tocsin.grafana.organisation import push_organisation
from tocsin.grafana.outcome import Tell
from tocsin.settings.grafana import GrafanaSettings

BOARDS_OF_ENTERPRISES: Final = ("enterprise", "unit", "point", "alarms", "disposal", "devices")
"""Boards of the district, of delivery and of Tocsin's health show what is nobody's own."""


def organisation_name(enterprise: str, name: str) -> str:
    """What the organisation of an enterprise is called."""
    return f"Tocsin {enterprise} {name}".strip()


def push_enterprise(settings: GrafanaSettings, organisation: str, datasource: Datasource, tell: Tell) -> None:
    """Make the organisation with its data source, folders and boards.

    Its people are Grafana's users of that organisation; the server's administrator adds them.
    """
    grafana = Grafana(settings, push_organisation(Grafana(settings), organisation, tell))
    push_datasource(grafana, datasource, tell)
    for language in settings.languages:
        folder = Folder(f"tocsin-{language}", FOLDERS[language])
        push_folder(grafana, folder, {}, tell)
        for board in _boards(settings, language, folder.uid, datasource.bucket):
            push_board(grafana, board, tell)


def _boards(settings: GrafanaSettings, language: Language, folder: str, bucket: str) -> Iterable[Board]:
    boards = read_boards(BOARDS_OF_ENTERPRISES, language, folder, settings.console_url, bucket)
    there = {board.uid for board in boards}
    return [Board(folder, {**board.model, "links": _links(board, there)}) for board in boards]


def _links(board: Board, there: set[str]) -> list[dict[str, object]]:
    """Links at the top, without those to boards that this organisation doesn't have."""
    links = board.model.get("links", [])
    return [link for link in links if _board_of(str(link.get("url", ""))) in (None, *there)]


def _board_of(url: str) -> str | None:
    return url.removeprefix("/d/").split("?")[0].split("/")[0] if url.startswith("/d/") else None
