"""Facts of an alarm: names in place of ids, the words of rules and routes filled in; what is missing stops nothing."""

from functools import reduce
from pathlib import Path

import pytest
from support.alarm_steps import LATCHING, T0, action, engine_event
from support.notices import item
from support.site_builder import build_site

from alerts.fold import Folded, Step, fold
from alerts.wording import FIELDS, FactsOf, facts_of, fields_of
from plant.site import Site
from plant.site_reader import read_site
from rules.events import public_form
from rules.loader import pack_names, read_rules
from rules.schema import Rule


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return read_site(build_site(tmp_path_factory.mktemp("site"), 20, enterprises=2))[0]


def rule(**changes: object) -> Rule:
    whole: dict[str, object] = {
        "id": "gas",
        "applies_to": {"kind": "*"},
        "condition": {"limit": {"h": 25, "hh": 50}},
        "text": {"zh": "{point} 可燃气体 {value} %LEL", "en": "{subject} at {value} over {limit} {symbol}, {nonsense}"},
        "guidance": {"zh": "{enterprise} {unit}：停止动火"},
    }
    return Rule.model_validate(whole | changes)


RAISED = engine_event("raised", subject="E0001-P000000", enterprise="E0001")
RED = engine_event("upgraded", T0 + 1000, "hh", subject="E0001-P000000", enterprise="E0001", value=52.0, limit=50.0)


def folded(*steps: Step) -> Folded:
    return reduce(lambda done, step: fold(done.record, step, LATCHING), steps, Folded(None))


def test_names_stand_in_place_of_ids_and_words_are_filled_in(site: Site) -> None:
    record = folded(RAISED).record
    assert record is not None
    facts = FactsOf(site, [rule()]).of(record, public_form(RAISED))
    assert (facts.enterprise_name, facts.unit_name, facts.subject_name) == ("Works E0001", "Hall", "E0001-P000000")
    assert (facts.value, facts.limit, facts.unit_symbol) == (26.5, 25.0, "%LEL")
    assert (facts.kind, facts.zone, facts.raised_at_ms) == ("gas.combustible", "Asia/Shanghai", T0)
    assert facts.text["zh"] == "E0001-P000000 可燃气体 26.5 %LEL"
    assert facts.text["en"] == "E0001-P000000 at 26.5 over 25 %LEL, {nonsense}"
    assert facts.guidance == {"zh": "Works E0001 Hall：停止动火"}


def test_a_route_may_have_words_of_its_own(site: Site) -> None:
    record = folded(RAISED).record
    assert record is not None
    facts = FactsOf(site, [rule()]).of(record, public_form(RAISED), {"zh": "{severity}：{unit}，{time}"})
    assert facts.text == {"zh": "橙色：Hall，2024-11-21 19:53:20"}


def test_what_stands_below_the_worst_is_spoken_of_by_the_worst(site: Site) -> None:
    cleared = engine_event("cleared", T0 + 2000, subject="E0001-P000000", enterprise="E0001")
    maker = FactsOf(site, [rule()])
    done = folded(RAISED, RED, cleared)
    assert done.record is not None
    assert maker.of(done.record, public_form(cleared)).severity == "red"
    assert maker.of(done.record, public_form(RAISED)).severity == "orange", "the event that was told of is its own"
    answered = folded(RAISED, RED, action("acknowledge", T0 + 1500, RED.alarm))
    assert answered.record is not None
    told = maker.of(answered.record, public_form(answered.events[-1].event))
    assert (told.severity, "li.wei" in told.reason) == ("red", True)


@pytest.mark.parametrize("subject", ["E0001-U1", "E0001", "D0", "site", "gone"])
def test_every_kind_of_subject_has_a_name(site: Site, subject: str) -> None:
    event = engine_event("raised", subject=subject, enterprise="E0001" if subject != "site" else "", value=None)
    record = folded(event).record
    assert record is not None
    facts = FactsOf(site, []).of(record, public_form(event))
    names = {"E0001-U1": "Hall", "E0001": "Works E0001", "site": "Test county"}
    assert facts.subject_name == names.get(subject, subject)
    assert facts.text == {}


@pytest.mark.parametrize(
    ("condition", "symbol"),
    [
        ({"limit": {"h": 1}}, "%LEL"),
        ({"rate": {"h": 0.5, "over_s": 60}}, "%LEL/s"),
        ({"window": {"stat": "mean", "over_s": 60, "h": 1}}, "%LEL"),
        ({"window": {"stat": "count", "over_s": 60, "h": 1}}, ""),
        ({"stale": {"after_s": 30}}, ""),
    ],
)
def test_the_unit_is_said_only_where_the_value_is_in_it(site: Site, condition: object, symbol: str) -> None:
    record = folded(RAISED).record
    assert record is not None
    maker = FactsOf(site, [rule(condition=condition, severity="orange")])
    assert maker.of(record, public_form(RAISED)).unit_symbol == symbol


def test_all_packs_speak_in_known_fields(tmp_path: Path) -> None:
    folder = build_site(tmp_path / "site", 7, enterprises=1)
    text = (folder / "site.yaml").read_text(encoding="utf-8")
    packs = ", ".join(pack_names())
    (folder / "site.yaml").write_text(text.replace("packs: []", f"packs: [{packs}]"), encoding="utf-8")
    site, _ = read_site(folder)
    rules, _ = read_rules(folder, site)
    assert len(rules) > 50
    for each in rules:
        for words in (each.text, each.guidance):
            for said in words.values():
                assert set(fields_of(said)) <= FIELDS, each.id


def test_an_item_without_facts_tells_what_its_event_tells() -> None:
    facts = facts_of(item(facts=None))
    assert (facts.severity, facts.subject_name, facts.enterprise_name, facts.value) == (
        "red", "E001-GAS-01", "E001", 52.5,
    )  # fmt: skip
    for event in (b"", b"[]", b"null", b'{"value": true, "severity": 7}'):
        assert facts_of(item(facts=None, event=event)).value is None
