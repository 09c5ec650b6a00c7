"""CAP messages: valid by the standard's schema, and saying what is so."""

from dataclasses import replace
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import capvalidator
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.notices import LINK, T0, facts, item, notice

from alerts.cap.feed import atom_feed
from alerts.cap.message import NAMESPACE, Profile, Reference, cap_message, identifier_of
from alerts.cap.reading import summary_of
from alerts.channels.port import Facts, Item

PROFILE = Profile(
    "alarms@example.org", "监管中心", restriction="所涉企业", geocode={"GB/T 2260": "320600"}, contact="12350"
)
EARLIER = (Reference("alarms@example.org", "yvfmenxky254frwd.1", "2024-11-21T19:53:23+08:00"),)
NS = {"c": NAMESPACE}


def valid(xml: bytes) -> Element:
    """The message, which the standard's schema takes."""
    checked = capvalidator.check_schema(xml)
    assert checked.passed, checked.message
    return fromstring(xml)


def made(one: Item | None = None, *, references: tuple[Reference, ...] = (), **changes: Any) -> Element:
    one = one or item()
    return valid(cap_message(notice(one, **changes), one, PROFILE, references, T0 + 500))


def text(alert: Element, path: str) -> str:
    return alert.findtext("/".join(f"c:{name}" for name in path.split("/")), "", NS)


def test_a_red_alarm_as_a_message() -> None:
    alert = made(item(about=facts(lat=31.5, lon=121.1)))
    head = {child.tag.partition("}")[2]: child.text for child in alert if len(child) == 0}
    assert head == {
        "identifier": "yvfmenxky254frwd.1",
        "sender": "alarms@example.org",
        "sent": "2024-11-21T19:53:23+08:00",
        "status": "Actual",
        "msgType": "Alert",
        "scope": "Restricted",
        "restriction": "所涉企业",
    }
    infos = alert.findall("c:info", NS)
    assert [text(info, "language") for info in infos] == ["zh-CN", "en-US"]
    zh, en = infos
    assert [text(zh, name) for name in ("urgency", "severity", "certainty")] == ["Immediate", "Extreme", "Observed"]
    assert [category.text for category in zh.findall("c:category", NS)] == ["Safety", "Fire"]
    assert text(zh, "event") == "可燃气体告警"
    assert text(en, "event") == "Combustible gas alarm"
    assert "东港化工" in text(zh, "headline")
    assert text(zh, "instruction") == "停止动火，消除点火源。"
    assert text(en, "instruction").startswith("Stop hot work")
    assert text(zh, "expires") == "2024-11-22T19:53:23+08:00"
    assert text(zh, "area/circle") == "31.500000,121.100000 1"
    assert text(zh, "area/geocode/value") == "320600"
    pairs = {text(pair, "valueName"): text(pair, "value") for pair in zh.findall("c:parameter", NS)}
    assert pairs == {
        "tocsin:rule": "gas-combustible", "tocsin:level": "hh", "tocsin:subject": "E001-GAS-01",
        "tocsin:unit": "%LEL", "tocsin:value": "52.5", "tocsin:limit": "50.0",
    }  # fmt: skip


def test_nobody_gets_the_link_of_another() -> None:
    one = item()
    assert LINK.encode() not in cap_message(notice(one), one, PROFILE, (), T0)


@pytest.mark.parametrize(
    ("severity", "shown"),
    [("red", "Extreme"), ("orange", "Severe"), ("yellow", "Moderate"), ("blue", "Minor"), ("mauve", "Unknown")],
)
def test_colours(severity: str, shown: str) -> None:
    assert text(made(item(about=facts(severity=severity))), "info/severity") == shown


@pytest.mark.parametrize(
    ("name", "purpose", "references", "kind", "urgency"),
    [
        ("raised", "alarm", (), "Alert", "Immediate"),
        ("upgraded", "alarm", EARLIER, "Update", "Immediate"),
        ("upgraded", "alarm", (), "Alert", "Immediate"),
        ("escalated", "escalated", EARLIER, "Update", "Immediate"),
        ("cleared", "resolved", EARLIER, "Cancel", "Past"),
        ("cleared", "resolved", (), "Alert", "Past"),
    ],
)
def test_what_was_said_before_is_updated_or_called_off(
    name: str, purpose: str, references: tuple[Reference, ...], kind: str, urgency: str
) -> None:
    alert = made(item(2, name=name, purpose=purpose), references=references)
    assert text(alert, "msgType") == kind
    assert text(alert, "info/urgency") == urgency
    assert text(alert, "info/responseType") == ("AllClear" if name == "cleared" else "Execute")
    expected = "alarms@example.org,yvfmenxky254frwd.1,2024-11-21T19:53:23+08:00" if references else ""
    assert text(alert, "references") == expected


def test_an_exercise_and_a_test_say_so() -> None:
    exercise = made(exercise=True)
    assert text(exercise, "status") == "Exercise"
    assert text(exercise, "identifier") == "exercise.yvfmenxky254frwd.1"
    assert "演练" in text(exercise, "note")
    assert text(exercise, "info/headline").startswith("【演练】")
    assert text(made(item(purpose="test")), "status") == "Test"


def test_scope_and_certainty() -> None:
    one = item(event=b'{"forecast":{"at":1}}')
    public = valid(cap_message(notice(one), one, replace(PROFILE, scope="Public"), (), T0))
    assert text(public, "scope") == "Public"
    assert public.find("c:restriction", NS) is None
    assert text(public, "info/certainty") == "Likely"
    assert text(made(item(about=facts(side="degraded"))), "info/certainty") == "Unknown"


def test_utc_is_written_without_a_zulu() -> None:
    assert text(made(item(about=facts(zone="UTC"))), "sent") == "2024-11-21T11:53:23-00:00"
    assert text(made(item(about=facts(zone="No/Where"))), "sent") == "2024-11-21T11:53:23-00:00"


anything = st.text(max_size=60)
numbers = st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False))


@settings(max_examples=150, deadline=None)
@given(
    st.builds(
        facts, severity=anything, level=anything, side=anything, enterprise_name=anything, unit_name=anything,
        subject_name=anything, kind=anything, rule=anything, region_name=anything, reason=anything, value=numbers,
        limit=numbers, text=st.dictionaries(st.sampled_from(["zh", "en", "fr"]), anything),
        guidance=st.dictionaries(st.sampled_from(["zh", "en"]), anything), unit_symbol=anything,
        lat=st.one_of(st.none(), st.floats(-90, 90)), lon=st.one_of(st.none(), st.floats(-180, 180)),
    ),
    anything, st.booleans(), st.binary(max_size=20),
)  # fmt: skip
def test_whatever_stands_in_the_site_the_message_is_valid(about: Facts, name: str, exercise: bool, form: bytes) -> None:
    one = item(about=about, id=name + ".1", event=form)
    alert = made(one, exercise=exercise, references=EARLIER)
    assert not set(text(alert, "identifier")) & set(" ,<&")


def test_what_the_feed_needs_is_read_back() -> None:
    one = item()
    xml = cap_message(notice(one), one, PROFILE, (), T0)
    summary = summary_of(xml)
    assert summary.reference == EARLIER[0]
    assert summary.sent_at_ms == T0
    assert (summary.type, summary.scope) == ("Alert", "Restricted")
    feed = fromstring(atom_feed("https://a/cap", "t", [(identifier_of(one, False), summary)], T0, "?token=x"))
    atom = {"a": "http://www.w3.org/2005/Atom"}
    (entry,) = feed.findall("a:entry", atom)
    link = entry.find("a:link", atom)
    assert link is not None
    assert link.attrib["href"] == "https://a/cap/yvfmenxky254frwd.1.xml?token=x"
    assert entry.findtext("a:updated", "", atom) == "2024-11-21T11:53:23Z"
    assert fromstring(atom_feed("https://a/cap", "t", [], T0)).findtext("a:updated", "", atom)
    with pytest.raises(ValueError, match="no XML"):
        summary_of(b"nonsense")
