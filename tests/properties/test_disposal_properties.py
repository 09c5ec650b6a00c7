"""Disposals against a slow reference; and what must hold whatever people do."""

from typing import NamedTuple, cast

from hypothesis import given, settings
from hypothesis import strategies as st
from support.alarm_steps import T0, engine_event
from support.disposing import Bench
from support.reference_disposal import Reference

from alerts.disposal.actions import same_person
from alerts.disposal.disposals import Disposals
from alerts.disposal.record import DisposalChanged
from alerts.disposal.schema import DisposalRules
from alerts.kept import Kept
from plant.entries import DisposalActionName, Tier

RULES = DisposalRules.model_validate(
    {
        "severities": {
            "red": {"assign_s": 1.0, "close_s": 4.0},
            "orange": {"assign_s": 2.0, "close_s": 8.0},
        },
        "reopen_within_s": 5.0,
        "overdue": [{"after_s": 0.0, "role": "a"}, {"after_s": 1.5, "role": "b"}, {"after_s": 3.0, "role": "c"}],
    }
)
FIELDS = {
    "assign": {"to": "zhao"},
    "note": {"text": "x"},
    "cause": {"code": "test"},
    "reject": {"why": "x"},
    "reopen": {"why": "x"},
}
NAMES = ["assign", "start", "note", "cause", "submit", "reject", "verify", "close", "reopen"]


class Did(NamedTuple):
    """What happens `after_ms` after what came before."""

    after_ms: int
    what: str
    by: str = "wang"
    tier: str = "centre"


GAPS = st.sampled_from([1, 10, 400, 500, 1000, 1500, 4000])
PEOPLE = st.sampled_from(["wang", "li"])
TIERS = st.sampled_from(["centre", "enterprise"])
DEEDS = st.builds(Did, GAPS, st.sampled_from(NAMES), PEOPLE, TIERS)
ALARMS = st.builds(Did, GAPS, st.sampled_from(["red", "orange", "yellow", "rises", "clears"]))
FORWARD = st.tuples(
    *(st.builds(Did, GAPS, st.just(name), PEOPLE, TIERS) for name in ("start", "cause", "submit", "verify", "close"))
)
STORIES = st.lists(st.one_of(ALARMS.map(lambda d: (d,)), DEEDS.map(lambda d: (d,)), FORWARD), max_size=12).map(
    lambda parts: [did for part in parts for did in part]
)


class Told:
    """A story told to both, step by step."""

    def __init__(self) -> None:
        self.bench = Bench(RULES)
        self.reference = Reference({"red": 1000, "orange": 2000}, {"red": 4000, "orange": 8000}, (0, 1500, 3000), 5000)
        self.at = T0
        self.first = ""
        self.alarm = ""

    def tell(self, did: Did) -> None:
        self.at += did.after_ms
        self.reference.clock(self.at - 1)
        self.bench.pass_time(self.at - 1)
        record = self.bench.alarms.get(self.alarm)
        on = record is not None and record.cleared_at is None
        match did.what:
            case "red" | "orange" | "yellow":
                if not on:
                    level = {"red": "hh", "orange": "h", "yellow": "l"}[did.what]
                    self.alarm = self.bench.raised(self.at, level)
                    self.reference.raised(self.at, did.what)
            case "rises":
                if on and record is not None and record.severity != "red":
                    facts = {"raised_at": record.raised_at, "received_at": self.at}
                    self.bench.event(engine_event("upgraded", self.at, "hh", **facts))
                    self.reference.raised(self.at, "red")
            case "clears":
                if on:
                    self.bench.cleared(self.alarm, self.at)
                    if self.bench.disposals.of(self.alarm) is not None:
                        self.reference.cleared()
            case name:
                self._act(name, did)

    def _act(self, name: str, did: Did) -> None:
        # The alarm by which its disposal is known: the one that opened it.
        (known,) = [*self.bench.disposals.kept] or ["nosuchalarm00000"]
        fields = FIELDS.get(name, {})
        action = cast(DisposalActionName, name)
        acted = self.bench.act(action, known, self.at, did.by, tier=cast(Tier, did.tier), **fields)
        assert (acted.refused is None) == self.reference.act(name, self.at, did.by, did.tier), acted.refused

    def check(self) -> None:
        self.reference.clock(self.at)
        self.bench.pass_time(self.at)
        story = self.reference.story
        records = self.bench.disposals.kept.values()
        assert len(records) == (story is not None)
        assert [(at, deadline, tier) for at, deadline, tier, _ in self.bench.overdue] == self.reference.said
        if story is not None:
            (record,) = records
            assert (record.state, record.severity, record.active, record.reopened) == (
                story.state,
                story.severity,
                story.active,
                story.reopened,
            )
            assert (record.assign_by, record.close_by, record.cause) == (story.assign_by, story.close_by, story.cause)


@settings(max_examples=300)
@given(STORIES)
def test_as_the_reference_has_it(story: list[Did]) -> None:
    told = Told()
    for did in story:
        told.tell(did)
    told.check()
    told.at += 60_000
    told.check()


@settings(max_examples=150)
@given(STORIES)
def test_nothing_closes_without_a_cause_nor_is_verified_by_who_submitted(story: list[Did]) -> None:
    told = Told()
    for did in story:
        told.tell(did)
    for effect in told.bench.effects:
        if isinstance(effect, DisposalChanged) and effect.step.name == "close":
            record = effect.record
            assert record.cause
            assert record.verified_by
            assert not same_person(record.verified_by, record.submitted_by)


@settings(max_examples=100)
@given(STORIES, st.lists(st.integers(0, 20_000), max_size=8), st.sets(st.integers(0, 40)))
def test_how_time_is_cut_and_where_it_is_loaded_anew_changes_nothing(
    story: list[Did], cuts: list[int], restarts: set[int]
) -> None:
    whole, cut = Told(), Told()
    for i, did in enumerate(story):
        whole.tell(did)
        for at in sorted(cuts):
            if cut.at <= T0 + at < cut.at + did.after_ms:
                cut.bench.pass_time(T0 + at)
        if i in restarts:
            old = cut.bench.disposals
            cut.bench.disposals = Disposals(Kept({r.alarm: r for r in reversed(old.kept.values())}))
            assert cut.bench.disposals.next_due == old.next_due
        cut.tell(did)
    assert cut.bench.effects == whole.bench.effects


@settings(max_examples=100)
@given(STORIES)
def test_time_alone_does_nothing_before_it_is_due(story: list[Did]) -> None:
    told = Told()
    for did in story:
        told.tell(did)
        due = told.bench.disposals.next_due
        assert due == float("inf") or not told.bench.disposals.pass_time(int(due) - 1, RULES)
