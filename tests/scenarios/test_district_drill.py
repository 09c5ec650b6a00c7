"""A district-wide incident with every provider: who should be told was told in time, nobody else, and it is proven."""

import json
from collections import Counter

import pytest
from support.command import tocsin
from support.district import SLEEPER
from support.district_expected import Reckoning, reckon
from support.district_judging import BUSY_MS, SKEW_MS, first_told, is_undisturbed, is_wanted, latest_ms, tells
from support.district_play import Drilled, play

WITH_IDS = ("sms", "sms2", "mail", "sirens", "hook", "wall")
"""Channels whose providers are told the message's id."""
CHANNELS = {*WITH_IDS, "smpp", "modem", "ding", "wecom", "feishu", "voice", "am", "tail", "cap"}


@pytest.fixture(scope="module")
def drilled(tmp_path_factory: pytest.TempPathFactory) -> Drilled:
    return play(tmp_path_factory.mktemp("district"))


@pytest.fixture(scope="module")
def reckoning(drilled: Drilled) -> Reckoning:
    return reckon(drilled.routing, drilled.entries, drilled.events, drilled.ended_at)


def test_the_calls_are_those_of_the_routes(drilled: Drilled, reckoning: Reckoning) -> None:
    owed = {row.key: (row.purpose, row.route, row.queued_at, row.not_before) for row in drilled.calls}
    assert owed == {key: (c.purpose, c.route, c.at, c.not_before) for key, c in reckoning.calls.items()}
    assert {c.purpose for c in reckoning.calls.values()} == {
        "alarm",
        "escalated",
        "repeat",
        "neighbour",
        "resolved",
        "acknowledged",
        "late",
    }


def test_who_should_be_told_was_told_in_time(drilled: Drilled, reckoning: Reckoning) -> None:
    wanted = [call for call in reckoning.calls.values() if is_wanted(drilled, reckoning, call)]
    assert {call.channels[-1] for call in wanted} | {"cap"} == CHANNELS
    wrong = []
    for call in wanted:
        got = first_told(drilled, call)
        if got is None or got.at_ms > latest_ms(drilled, call):
            wrong.append((call, latest_ms(drilled, call) - call.at, got and got.at_ms - call.at))
    assert wrong == []


def test_the_first_word_of_a_red_alarm_is_out_within_seconds(drilled: Drilled, reckoning: Reckoning) -> None:
    waited: dict[tuple[str, str], float] = {}
    for call in sorted(reckoning.calls.values(), key=lambda call: call.at):
        if call.urgent and not call.held and is_undisturbed(drilled, call):
            got = first_told(drilled, call)
            waited.setdefault((call.contact, call.channels[-1]), got.at_ms - call.at if got else float("inf"))
    assert len(waited) > 15
    assert max(waited.values()) <= BUSY_MS, waited


def test_nobody_else_was_told(drilled: Drilled, reckoning: Reckoning) -> None:
    for one in drilled.heard:
        told = [call for call in reckoning.calls.values() if tells(one, call) and call.at <= one.at_ms + SKEW_MS]
        assert one.subjects or one.enterprises, one
        assert one.subjects <= {call.subject for call in told}, one
        assert one.enterprises <= {call.enterprise for call in told}, one
    assert all(one.contact != f"safety-{SLEEPER}" for one in drilled.heard if f"{SLEEPER}-G1" in one.subjects)
    assert drilled.faults == []


def test_escalations_are_events_of_the_alarms(drilled: Drilled, reckoning: Reckoning) -> None:
    booked = {(event.alarm, event.at) for event in drilled.events if event.event == "escalated"}
    assert booked == reckoning.escalated
    assert len(booked) > 8


def test_the_kill_lost_nothing_and_doubled_at_most_one_a_channel(drilled: Drilled) -> None:
    delivered = {(proof.channel, proof.message) for proof in drilled.proofs if proof.result == "delivered"}
    for channel in CHANNELS:
        sent = sum(one[0] == channel for one in delivered)
        heard = [one for one in drilled.heard if one.channel == channel]
        assert sent <= len(heard) <= sent + 1, channel
        if channel in WITH_IDS:
            assert len({one.id for one in heard}) == sent, channel
            assert all(count <= 2 for count in Counter(one.id for one in heard).values())


def test_what_failed_went_another_way_or_again(drilled: Drilled) -> None:
    results = {(proof.channel, proof.contact, proof.result) for proof in drilled.proofs}
    assert {("mail", "safety-E02", "failed"), ("sms", "safety-E02", "delivered")} <= results
    assert {("am", "am", "throttled"), ("am", "am", "delivered")} <= results
    assert ("smpp", "safety-E23", "failed") in results
    assert not [row for row in drilled.calls if row.state == "dead"]


def test_answers_stand_in_the_book(drilled: Drilled) -> None:
    answers = {(e.subject, a.by, a.tier) for a in drilled.answers for e in drilled.events if e.alarm == a.alarm}
    assert {("E03-G1", "safety-E03", "enterprise"), ("E04-G1", "safety-E04", "enterprise")} <= answers
    assert {("E03-G1", "director", "centre"), ("E01-G1", "director", "centre")} <= answers


def test_disposals_are_open_for_every_red_and_orange_alarm(drilled: Drilled) -> None:
    ran = tocsin("disposal", "list", "--data", drilled.live.data, "--limit", "100", "--json")
    assert ran.code == 0, ran.err
    opened = {json.loads(line)["alarm"] for line in ran.out.splitlines()}
    grave = {event.alarm for event in drilled.events if event.severity in ("red", "orange")}
    assert opened == grave


def test_the_audit_trail_verifies_and_the_log_says_the_same_again(drilled: Drilled) -> None:
    ran = tocsin("audit", "verify", "--data", drilled.live.data)
    assert ran.code == 0, ran.err
    replayed = [(event["event"], event["subject"], event["at"]) for event in drilled.live.replayed()]
    engine = ("raised", "upgraded", "downgraded", "cleared")
    booked = [(event.event, event.subject, event.at) for event in drilled.events if event.event in engine]
    assert sorted(replayed) == sorted(booked)
