"""Which alarm a reply by short message acknowledges."""

from msgspec.structs import replace

from alerts.links import Links
from alerts.machine import State
from alerts.record import AlarmRecord
from alerts.reply_match import Match, match
from rules.identity import alarm_id

LINKS = Links([b"s" * 32], "http://a", 60.0)
RECORD = AlarmRecord(
    alarm="", rule="gas", version=1, subject="P1", side="high", enterprise="E1", state=State.ACTIVE_UNACKNOWLEDGED,
    level="h", severity="orange", peak_level="h", peak_severity="orange", worst_severity="orange", raised_at=1,
    last_at=1, value=26.0, limit=25.0, onset=None, historical=False, exercise=False, reason="", events=1,
    latching=False,
)  # fmt: skip
ALARMS = [replace(RECORD, alarm=alarm_id("gas", f"P{n}", "high", n)) for n in range(300)]


def test_the_code_finds_its_alarm_and_its_contact() -> None:
    code = LINKS.reply_code("li", ALARMS[7].alarm, "h")
    assert match(LINKS, code, ["wang", "li"], ALARMS) == Match("li", ALARMS[7].alarm)
    assert match(LINKS, code, ["wang"], ALARMS) == "unknown"
    assert match(LINKS, code, ["li"], ALARMS[8:]) == "unknown"


def test_what_has_risen_since_is_not_acknowledged() -> None:
    code = LINKS.reply_code("li", ALARMS[7].alarm, "h")
    risen = replace(ALARMS[7], peak_level="hh", peak_severity="red")
    assert match(LINKS, code, ["li"], [risen]) == "risen"
    assert match(LINKS, LINKS.reply_code("li", risen.alarm, "hh"), ["li"], [risen]) == Match("li", risen.alarm)


def test_a_code_of_two_alarms_acknowledges_neither() -> None:
    class Same(Links):
        def is_reply_code(self, code: str, contact: str, alarm: str, level: str) -> bool:
            return level == "h"

    same = Same([b"s" * 32], "http://a", 60.0)
    assert match(same, "123456", ["li"], ALARMS[:2]) == "ambiguous"
    assert match(same, "123456", ["li", "wang"], ALARMS[:1]) == Match("li", ALARMS[0].alarm)
