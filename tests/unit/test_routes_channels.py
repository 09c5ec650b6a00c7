"""Channels that routes and contacts name, against those of the settings."""

from pathlib import Path
from typing import Any

from support.command import tocsin
from support.routes_site import made_site, write_site

from alerts.routes.check_channels import channel_mistakes
from alerts.routes.schema import RoutesFile

CHANNELS = {"sms": False, "ding": False, "mail": False, "voice": False, "screen": False, "siren": True}
CONTACTS = "contact,name,role,channels\nli,Li,duty,sms\nall,All,crowd,siren\nwang,Wang,duty,sms pager\n"


def said(folder: Path, *ladder: dict[str, Any], channels: dict[str, bool] = CHANNELS, contacts: str = "") -> list[str]:
    site = made_site(folder, **({"contacts": contacts} if contacts else {}))
    file = RoutesFile.model_validate({"routes": [{"id": "a", "ladder": ladder}] if ladder else []})
    return [str(mistake) for mistake in channel_mistakes(file, site, channels)]


def test_channels_that_are_there_are_fine(tmp_path: Path) -> None:
    assert said(tmp_path, {"to": [{"contact": "zhang"}], "over": ["voice", "sms"]}) == []


def test_without_routes_nothing_is_asked(tmp_path: Path) -> None:
    assert said(tmp_path, channels={}) == []


def test_an_unknown_channel_is_told_where_it_stands(tmp_path: Path) -> None:
    rung = {"to": [{"contact": "li"}], "over": ["smss"]}
    assert said(tmp_path, rung, contacts=CONTACTS, channels={"sms": False, "siren": True}) == [
        "contacts.csv:4: channels: 'pager' is unknown, allowed are the names of [[channel]] in the settings"
        " (sms, siren)",
        "routes.yaml:1: a.ladder.0.over: 'smss' is unknown, allowed are the names of [[channel]] in the settings"
        " (sms, siren); did you mean sms?",
    ]


def test_a_public_channel_needs_approvers(tmp_path: Path) -> None:
    contacts = CONTACTS.replace(" pager", "")
    broadcast = {"to": [{"contact": "li"}], "over": ["siren"]}
    assert said(tmp_path, broadcast, contacts=contacts) == [
        "routes.yaml:1: a.ladder.0.over: siren is public, needed are approvers"
    ]
    by_contact = {"to": [{"contact": "all"}]}
    by_role = {"to": [{"role": "crowd", "of": "nearest"}]}
    for rung in (by_contact, by_role):
        assert said(tmp_path, rung, contacts=contacts) == [
            "routes.yaml:1: a.ladder.0.to: all is told over siren, which is public, needed are approvers"
        ]
    for rung in (broadcast, by_contact, by_role):
        assert said(tmp_path, rung | {"approvers": ["li"]}, contacts=contacts) == []


def test_run_does_not_start_with_routes_to_nowhere(tmp_path: Path) -> None:
    write_site(
        tmp_path / "site", "routes:\n  - id: a\n    ladder: [{to: [{contact: li}], over: [smss]}]\n", contacts=CONTACTS
    )
    config = tmp_path / "tocsin.toml"
    config.write_text(
        'site = "site"\n[mqtt]\nurl = "mqtt://127.0.0.1:1"\n[[channel]]\nkind = "file"\nname = "sms"\npath = "out"\n'
    )
    ran = tocsin("run", "--config", config)
    assert ran.code == 2
    assert [line.split(": ")[0] for line in ran.mistakes] == ["contacts.csv:3", "contacts.csv:4", "routes.yaml:1"]
    assert not (tmp_path / "data").exists()
