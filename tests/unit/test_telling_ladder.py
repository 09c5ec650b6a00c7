from itertools import pairwise

import pytest
from support.telling_world import Book, FakeRouting, Input, act, event, failed, route, to

from alerts.call import Call, Escalation, Withdrawal
from plant.entries import NoticeAction

CENTRE = route(
    "centre",
    to("zhang", "li"),
    to("leader", after_s=180),
    to("director", after_s=600),
    repeat={"every_s": 300, "times": 2},
)
ENTERPRISE = route("enterprise", to("safety"), to("manager", after_s=300), tier="enterprise")


def run(*inputs: Input, routes=(CENTRE,), until: int = 10_000_000) -> Book:
    book = Book([FakeRouting(routes)])
    for given in inputs:
        book.take(given)
    book.pass_time(until)
    return book


def test_a_red_alarm_that_nobody_answers_climbs_to_the_last_rung_and_repeats_so_often():
    book = run(event("raised", "a", 1000, "red"))
    assert book.told() == [
        (1000, "zhang", "alarm"),
        (1000, "li", "alarm"),
        (181_000, "leader", "escalated"),
        (601_000, "director", "escalated"),
        (901_000, "director", "repeat"),
        (1_201_000, "director", "repeat"),
    ]
    assert [call.key for call in book.calls] == [
        "a.1.centre.0.0.zhang",
        "a.1.centre.0.0.li",
        "a.2.centre.1.0.leader",
        "a.3.centre.2.0.director",
        "a.3.centre.2.1.director",
        "a.3.centre.2.2.director",
    ]
    assert all(call.urgent for call in book.calls)
    assert book.records["a"].events == 3


def test_an_escalation_comes_before_the_calls_of_its_rung():
    book = run(event("raised", "a", 1000, "red"))
    for before, after in pairwise(book.effects):
        if isinstance(after, Call) and after.purpose == "escalated":
            assert isinstance(before, Escalation)
            assert (before.rung, before.at) == (after.rung, after.at)
            assert before.reason == f"route centre: nobody answered for {(after.at - 1000) / 1000:g} s"


def test_an_acknowledgement_ends_the_ladder_and_withdraws_repeats():
    book = run(event("raised", "a", 1000, "red"), act("acknowledge", "a", 1_000_000))
    assert [told[0] for told in book.told()][-1] == 901_000
    withdrawal = Withdrawal("a", ("repeat",), "centre", 1_000_000, "acknowledged by li")
    assert [effect for effect in book.effects if isinstance(effect, Withdrawal)] == [withdrawal]


def test_an_enterprise_answer_to_red_ends_only_its_own_ladders():
    answer = act("acknowledge", "a", 100_000, tier="enterprise")
    book = run(event("raised", "a", 1000, "red"), answer, routes=(CENTRE, ENTERPRISE))
    assert "manager" not in {contact for _, contact, _ in book.told()}
    assert (601_000, "director", "escalated") in book.told()


def test_an_enterprise_answer_to_orange_ends_all():
    answer = act("acknowledge", "a", 100_000, tier="enterprise")
    book = run(event("raised", "a", 1000, "orange"), answer, routes=(CENTRE, ENTERPRISE))
    assert {at for at, _, _ in book.told()} == {1000}


@pytest.mark.parametrize(("severity", "rungs"), [("red", 3), ("orange", 3), ("yellow", 1), ("blue", 1)])
def test_clearing_ends_the_ladders_of_yellow_and_blue_alarms_only(severity, rungs):
    book = run(event("raised", "a", 1000, severity), event("cleared", "a", 2000, severity))
    climbed = {call.rung for call in book.calls if call.purpose in ("alarm", "escalated")}
    assert climbed == set(range(rungs))
    assert [told for told in book.told() if told[2] == "resolved"] == [
        (2000, "zhang", "resolved"),
        (2000, "li", "resolved"),
    ]


def test_a_rise_tells_whom_the_route_has_told_and_begins_again_after_an_answer():
    book = run(
        event("raised", "a", 1000, "orange"), act("acknowledge", "a", 200_000), event("upgraded", "a", 300_000, "red")
    )
    assert book.told()[2:6] == [
        (181_000, "leader", "escalated"),
        (300_000, "zhang", "alarm"),
        (300_000, "li", "alarm"),
        (300_000, "leader", "alarm"),
    ]
    assert (480_000, "leader", "escalated") in book.told()


def test_a_rise_enters_the_routes_that_match_then():
    red = route("red", to("chief"), match={"severity": ["red"]})
    book = run(event("raised", "a", 1000, "orange"), event("upgraded", "a", 2000, "red"), routes=(CENTRE, red))
    assert (2000, "chief", "alarm") in book.told()


def test_all_calls_of_a_rung_failed_makes_the_next_due_at_once():
    book = run(event("raised", "a", 1000, "red"), until=0)
    zhang, li = book.calls
    book.take(failed(zhang, 5000))
    book.take(failed(li, 6000))
    book.pass_time(10_000)
    assert book.told()[2:] == [(6000, "leader", "escalated")]
    assert isinstance(book.effects[2], Escalation)
    assert book.effects[2].reason == "route centre: nobody could be reached"


def test_a_rung_that_reaches_nobody_is_passed_at_once():
    book = run(event("raised", "a", 1000, "red"), routes=(route("r", to("mute"), to("zhang", after_s=600)),))
    assert book.told() == [(1000, "zhang", "escalated")]


def test_a_person_named_by_several_routes_is_told_once_and_remembered_by_each():
    other = route("other", to("li", "chief"), acknowledged=True)
    quiet = CENTRE.model_copy(update={"resolved": False})
    cleared = run(event("raised", "a", 1, "red"), event("cleared", "a", 5000, "red"), routes=(quiet, other), until=6000)
    assert [contact for _, contact, _ in cleared.told()[:3]] == ["zhang", "li", "chief"]
    assert [told for told in cleared.told() if told[2] == "resolved"] == [
        (5000, "li", "resolved"),
        (5000, "chief", "resolved"),
    ]


def test_who_acknowledged_is_not_told_so():
    asked = CENTRE.model_copy(update={"acknowledged": True})
    book = run(event("raised", "a", 1, "red"), act("acknowledge", "a", 5000), routes=(asked,))
    assert book.told()[2:] == [(5000, "zhang", "acknowledged")]


def test_a_digest_and_quiet_hours_hold_all_but_red_and_never_suppress():
    digest = route("digest", to("zhang", "sleeper"), digest_s=60)
    orange = run(event("raised", "a", 30_000, "orange"), routes=(digest,))
    assert [(call.not_before, call.bundle) for call in orange.calls] == [(60_000, "digest:digest")] * 2
    night = run(event("raised", "a", 110_000, "orange"), routes=(digest,))
    assert [call.not_before for call in night.calls] == [120_000, 200_000]
    for severity, level in (("red", "h"), ("orange", "hh")):
        book = run(event("raised", "a", 110_000, severity, level), routes=(digest,))
        assert [(call.not_before, call.bundle) for call in book.calls] == [(0, "")] * 2
        assert {call.named for call in book.calls} == {level == "hh"}


def test_who_is_in_a_digest_and_in_a_plain_route_is_told_at_once_and_once():
    digest = route("digest", to("zhang"), digest_s=60)
    book = run(event("raised", "a", 1, "yellow"), routes=(digest, CENTRE), until=2)
    assert [(call.route, call.not_before) for call in book.calls] == [("centre", 0), ("centre", 0)]


def test_a_late_red_alarm_is_told_once():
    late = event("raised", "a", 1000, "red", late=True)
    book = run(late, event("cleared", "a", 2000, "red"))
    assert book.told() == [(1000, "zhang", "late"), (1000, "li", "late")]


def test_late_yellow_alarms_go_as_a_digest_for_each_enterprise():
    book = run(event("raised", "a", 1000, "yellow", late=True))
    assert [(call.not_before, call.bundle) for call in book.calls] == [(200_000, "late:E-a")] * 2


def test_a_late_alarm_that_rises_now_is_told_as_any_other():
    book = run(event("raised", "a", 1000, "orange", late=True), event("upgraded", "a", 2000, "red"))
    assert (602_000, "director", "escalated") in book.told()


def test_neighbours_are_told_in_words_of_their_own_and_that_it_is_over():
    near = route("near", {"to": [{"within_m": 500}]}, acknowledged=True)
    book = run(
        event("raised", "a", 1, "red"),
        act("acknowledge", "a", 50),
        event("cleared", "a", 100, "red"),
        routes=(near,),
    )
    assert [told for told in book.told() if told[1] == "far"] == [(1, "far", "neighbour"), (100, "far", "neighbour")]
    assert book.calls[-1].n == 3


def test_a_call_that_needs_an_approval_counts_once_it_has_it():
    public = route("public", to("siren", over=["horn", "lamp"], at_once=True, approvers=["boss"]))
    book = run(event("raised", "a", 1, "red"), routes=(public,), until=2)
    assert [(call.key, call.approvers) for call in book.calls] == [
        ("a.1.public.0.0.siren.horn", ("boss",)),
        ("a.1.public.0.0.siren.lamp", ("boss",)),
    ]
    book.take(Input(50, "notice", "a", notice=NoticeAction(50, "approve", "a.1.public.0.0.siren.horn", "boss")))
    book.take(event("cleared", "a", 100, "red"))
    assert book.told()[2:] == [(100, "siren", "resolved")] * 2
    assert any(isinstance(effect, Withdrawal) and effect.held for effect in book.effects)


def test_an_unapproved_call_is_followed_by_nothing():
    public = route("public", to("siren", over=["horn"], approvers=["boss"]))
    book = run(event("raised", "a", 1, "red"), event("cleared", "a", 100, "red"), routes=(public,))
    assert len(book.calls) == 1


def test_shelving_ends_the_ladder_and_unshelving_begins_it_again_with_other_keys():
    book = run(
        event("raised", "a", 1000, "orange"), act("shelve", "a", 2000), act("unshelve", "a", 900_000), until=950_000
    )
    assert [at for at, _, _ in book.told()] == [1000, 1000, 900_000, 900_000]
    assert len({call.key for call in book.calls}) == 4


def test_a_quiet_alarm_is_told_of_when_it_is_released():
    book = Book([FakeRouting([CENTRE])])
    book.quiet.add("a")
    book.take(event("raised", "a", 1000, "red"))
    assert book.effects == []
    book.take(Input(5000, "release", "a"))
    book.pass_time(200_000)
    assert book.told() == [(5000, "zhang", "alarm"), (5000, "li", "alarm"), (185_000, "leader", "escalated")]


def test_an_alarm_under_an_override_tells_nobody_and_begins_again_after_it():
    book = run(
        event("raised", "a", 1000, "red"), Input(2000, "quiet", "a"), Input(900_000, "release", "a"), until=950_000
    )
    assert [at for at, _, _ in book.told()] == [1000, 1000, 900_000, 900_000]
    assert len({call.key for call in book.calls}) == 4


def test_a_route_that_is_gone_ends_its_ladder_and_one_that_stays_goes_on_under_new_words():
    slower = CENTRE.model_copy(
        update={"ladder": (CENTRE.ladder[0], CENTRE.ladder[1].model_copy(update={"after_s": 500.0}))}
    )
    book = Book([FakeRouting([CENTRE, ENTERPRISE]), FakeRouting([slower])])
    book.take(event("raised", "a", 1000, "red"))
    book.take(Input(2000, "routes", routes=1))
    book.pass_time(10_000_000)
    assert book.told()[3:] == [
        (501_000, "leader", "escalated"),
        (801_000, "leader", "repeat"),
        (1_101_000, "leader", "repeat"),
    ]


def test_a_closed_alarm_leaves_nothing_behind():
    book = run(event("raised", "a", 1000, "red"), act("acknowledge", "a", 2000), event("cleared", "a", 3000, "red"))
    assert len(book.telling.state) == 0
    assert book.telling.next_due == float("inf")


def test_keys_stay_within_their_length():
    long = route("r" * 64, to("c" * 64, over=["s" * 64, "t" * 64], at_once=True))
    book = run(event("raised", "a" * 16, 1000, "red"), routes=(long,))
    assert [len(call.key) for call in book.calls] == [200, 200]
    assert len({call.key for call in book.calls}) == 2
    assert all(call.key.startswith("a" * 16 + ".1.") for call in book.calls)


def test_an_alarm_whose_raising_nobody_saw_is_told_of():
    book = run(event("upgraded", "a", 1000, "red"), until=2000)
    assert [told[1:] for told in book.told()] == [("zhang", "alarm"), ("li", "alarm")]


def test_an_event_of_a_closed_alarm_is_nothing():
    book = run(event("raised", "a", 1, "red"), act("acknowledge", "a", 2), event("cleared", "a", 3, "red"))
    told = len(book.effects)
    book.take(act("comment", "a", 4))
    assert len(book.effects) == told
