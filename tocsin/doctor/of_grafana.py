"""Grafana: reachable, the key good, and its boards those of this version."""

from typing import Final

from tocsin.doctor.finding import Finding, bad, ok, warn
from tocsin.settings import Settings

_NAME: Final = "grafana"


def look_at_grafana(settings: Settings) -> list[Finding]:
    """Asks as `tocsin grafana push` does, and changes nothing."""
    ours = settings.grafana
    if ours is None:
        return [ok(_NAME, "grafana_none")]
    try:
        from dashboards.names import BOARDS
        from tocsin.grafana.boards import read_boards
        from tocsin.grafana.connection import Grafana
        from tocsin.grafana.errors import GrafanaError
    except ImportError:
        return [bad(_NAME, "extra", what="[grafana]", extra="grafana")]
    try:
        grafana = Grafana(ours)
        version = grafana.check_version()
        missing, old = [], []
        minutes = settings.influx.of_minutes if settings.influx is not None else None
        for language in ours.languages:
            for board in read_boards(BOARDS, language, "", ours.console_url, minutes):
                there = grafana.find(f"board {board.uid}", f"/dashboards/uid/{board.uid}")
                if there is None:
                    missing.append(board.uid)
                elif not there["meta"].get("provisioned"):
                    path = f"/dashboards/uid/{board.uid}/versions?limit=1"
                    newest = grafana.get(f"versions of board {board.uid}", path).get("versions") or [{}]
                    if newest[0].get("message") != board.mark():
                        old.append(board.uid)
    except (GrafanaError, ValueError) as error:
        return [bad(_NAME, "grafana_wrong", error=str(error))]
    if missing or old:
        return [warn(_NAME, "grafana_boards", missing=len(missing), old=len(old), first=[*missing, *old][0])]
    return [ok(_NAME, "grafana_ok", address=ours.url, version=version)]
