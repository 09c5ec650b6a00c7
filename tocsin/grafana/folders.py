"""Folders of boards and of alert rules, and the teams that may see them: nobody else of the organisation does."""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from tocsin.grafana.connection import Grafana
from tocsin.grafana.outcome import Became, Outcome, Tell

DUTY_TEAM: Final = "Tocsin duty 警钟值班"
ENGINEERS_TEAM: Final = "Tocsin engineers 警钟工程师"
_VIEW, _EDIT = 1, 2
_EVERYBODY: Final = ("Viewer", "Editor")
"""Roles that a new folder lets in, and ours does not."""


@dataclass(frozen=True, slots=True)
class Folder:
    uid: str
    title: str


def push_teams(grafana: Grafana, tell: Tell) -> dict[int, int]:
    """Make the teams; who is in them is the administrator's affair. Team id -> its permission on our folders."""
    return {
        _team(grafana, DUTY_TEAM, tell): _VIEW,
        _team(grafana, ENGINEERS_TEAM, tell): _EDIT,
    }


def push_folder(grafana: Grafana, wanted: Folder, teams: dict[int, int], tell: Tell) -> None:
    """Make the folder as wanted, open to `teams`; none given: to everybody of the organisation."""
    there = grafana.find(f"folder {wanted.uid}", f"/folders/{wanted.uid}")
    if there is None:
        grafana.do(f"make folder {wanted.uid}", lambda api: api.folder.create_folder(wanted.title, uid=wanted.uid))
        became = Became.CREATED
    elif there.get("title") != wanted.title:
        grafana.do(
            f"rename folder {wanted.uid}",
            lambda api: api.folder.update_folder(wanted.uid, title=wanted.title, overwrite=True),
        )
        became = Became.UPDATED
    else:
        became = Became.UNCHANGED
    tell(Outcome("folder", wanted.title, became))
    if teams:
        tell(Outcome("permissions", wanted.title, _permissions(grafana, wanted.uid, teams)))


def _team(grafana: Grafana, name: str, tell: Tell) -> int:
    found = grafana.get("teams", f"/teams/search?name={quote(name)}")["teams"]
    team: int
    if found:
        team = found[0]["id"]
        tell(Outcome("team", name, Became.UNCHANGED))
    else:
        team = grafana.do(f"make team {name}", lambda api: api.teams.add_team({"name": name}))["teamId"]
        tell(Outcome("team", name, Became.CREATED))
    return team


def _permissions(grafana: Grafana, uid: str, teams: dict[int, int]) -> Became:
    """Whom the administrator let in besides stays let in."""
    what = f"the permissions of folder {uid}"
    there = [item for item in grafana.get(what, f"/folders/{uid}/permissions") if not item.get("inherited")]
    ours = [{"teamId": team, "permission": permission} for team, permission in teams.items()]
    others = [_kept(item) for item in there if _is_other(item, teams)]
    if sorted(map(_key, (_kept(item) for item in there))) == sorted(map(_key, [*ours, *others])):
        return Became.UNCHANGED
    grafana.do(f"set {what}", lambda api: api.folder.update_folder_permissions(uid, {"items": [*ours, *others]}))
    return Became.UPDATED


def _is_other(item: dict[str, Any], teams: dict[int, int]) -> bool:
    return item.get("role") not in _EVERYBODY and item.get("teamId", 0) not in teams


def _kept(item: dict[str, Any]) -> dict[str, Any]:
    """An entry as it is sent: whom it lets in, and how far."""
    return {key: item[key] for key in ("role", "teamId", "userId", "permission") if item.get(key)}


def _key(item: dict[str, Any]) -> str:
    return repr(sorted(item.items()))
