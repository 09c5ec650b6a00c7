"""Short messages over SMPP and by a modem: long texts, sessions that die, receipts, replies, what refusals mean."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from pydantic import ValidationError
from support.notices import LINK, T0, facts, item, notice, person
from support.standins import modem as modems
from support.standins import smsc
from support.standins.modem import PIN, Modem
from support.standins.smsc import Smsc
from support.waiting import eventually

from alerts.channels.gsm_modem import GsmModem
from alerts.channels.port import Outcome, Quota, Receipt, Reply
from alerts.channels.smpp import Smpp
from alerts.channels.smpp_session import same_ids

PHONE = "13800001234"
LONG = item(about=facts(guidance={"zh": "停止动火，消除点火源，疏散无关人员。" * 4}), reply_code="483920")

SHORT = item(about=facts(guidance={}), link="")

T = TypeVar("T")


@pytest.fixture
def centre() -> Iterator[Smsc]:
    with Smsc() as started:
        yield started


@pytest.fixture
def modem(tmp_path: Path) -> Iterator[Modem]:
    with Modem(tmp_path) as started:
        yield started


def with_smpp(centre: Smsc, folder: Path, act: Callable[[Smpp], Awaitable[T]], **changes: object) -> T:
    channel = smsc.settings(centre.port, folder, **changes).open()

    async def go() -> T:
        try:
            return await act(channel)
        finally:
            await channel.close()

    return asyncio.run(go())


def with_modem(modem: Modem, act: Callable[[GsmModem], Awaitable[T]], **changes: object) -> T:
    channel = modems.settings(modem.device, **changes).open()

    async def go() -> T:
        try:
            return await act(channel)
        finally:
            await channel.close()

    return asyncio.run(go())


async def once(channel: Smpp | GsmModem) -> Outcome:
    return await channel.send(notice(LONG), T0)


async def came(look: Callable[[], bool]) -> bool:
    return await asyncio.to_thread(eventually, look, 10.0)


def test_a_long_text_goes_in_parts_with_one_reference(centre: Smsc, tmp_path: Path) -> None:
    outcome = with_smpp(centre, tmp_path, once)
    assert outcome.delivered, outcome
    assert len(centre.submitted) == 3
    assert outcome.provider_id == ",".join(part.message_id for part in centre.submitted)
    assert {(p.destination, p.ton, p.coding, p.esm_class, p.registered) for p in centre.submitted} == {
        ("8613800001234", 1, 8, 0x40, 1)
    }
    (text,) = centre.texts()
    assert LINK in text
    assert "483920" in text


def test_settings_of_a_centre(centre: Smsc, tmp_path: Path) -> None:
    async def english(channel: Smpp) -> Outcome:
        plain = item(about=facts(enterprise_name="East Port", unit_name="Tank 1"))
        return await channel.send(notice(plain, language="en"), T0)

    outcome = with_smpp(centre, tmp_path, english, numbers="national", encoding="gsm7", receive=False, most_parts=2)
    assert outcome.receipt == "none"
    assert {(p.destination, p.ton, p.coding, p.registered) for p in centre.submitted} == {(PHONE, 0, 0, 0)}
    assert "East Port" in centre.texts()[0]


def test_only_parts_that_were_not_taken_are_sent_again(centre: Smsc, tmp_path: Path) -> None:
    centre.refuse_part = 1

    async def twice(channel: Smpp) -> list[Outcome]:
        return [await once(channel), await once(channel)]

    first, second = with_smpp(centre, tmp_path, twice)
    assert (first.delivered, second.delivered) == (False, True)
    assert "0x00000008" in first.error
    assert len(centre.submitted) == 3
    assert len(centre.texts()) == 1


@pytest.mark.parametrize(
    ("status", "permanent", "throttled"),
    [(0x0B, True, False), (0x01, True, False), (0x14, False, True), (0x58, False, True), (0x45, False, False)],
)
def test_what_a_centre_s_status_means(
    centre: Smsc, tmp_path: Path, status: int, permanent: bool, throttled: bool
) -> None:
    centre.status = status
    outcome = with_smpp(centre, tmp_path, once)
    assert (outcome.delivered, outcome.permanent, outcome.throttled) == (False, permanent, throttled)
    assert outcome.status == status


def test_a_wrong_password(centre: Smsc, tmp_path: Path) -> None:
    outcome = with_smpp(centre, tmp_path, once, system_id="somebody")
    assert (outcome.delivered, outcome.permanent, outcome.status) == (False, False, 0x0E)
    assert smsc.PASSWORD not in repr(outcome)


def test_a_centre_that_hung_up_is_bound_to_anew_before_the_next_message(centre: Smsc, tmp_path: Path) -> None:
    async def interrupted(channel: Smpp) -> list[Outcome]:
        first = await once(channel)
        centre.hang_up()
        return [first, await once(channel)]

    assert [o.delivered for o in with_smpp(centre, tmp_path, interrupted)] == [True, True]
    assert centre.binds == 2


def test_a_centre_that_asks_between_is_answered(centre: Smsc, tmp_path: Path) -> None:
    centre.chatter = True
    assert with_smpp(centre, tmp_path, once).delivered


def test_an_idle_session_asks_whether_the_centre_is_there(centre: Smsc, tmp_path: Path) -> None:
    async def idle(channel: Smpp) -> bool:
        await once(channel)
        return await came(lambda: centre.enquiries > 0)

    assert with_smpp(centre, tmp_path, idle, enquire_link_s=1)


@pytest.mark.parametrize("tlv", [False, True], ids=["text", "tlv"])
def test_receipts_of_a_centre(centre: Smsc, tmp_path: Path, tlv: bool) -> None:
    async def reported(channel: Smpp) -> list[list[Receipt]]:
        sent = [await channel.send(notice(id_item, recipient=person()), T0) for id_item in (SHORT, LONG)]
        pending = [(outcome.provider_id, PHONE, T0) for outcome in sent]
        asked = [await channel.receipts(pending, T0 + 1)]
        whole, *parts = (part.message_id for part in centre.submitted[-4:])
        # The answer was in hexadecimal, the receipt is in decimal.
        centre.report(whole if tlv else str(int(whole, 16)), "DELIVRD", tlv=tlv)
        centre.report(parts[0], "DELIVRD", tlv=tlv)
        centre.report(parts[1], "ENROUTE", tlv=tlv)
        assert await came(lambda: len(centre.acknowledged) == 3)
        asked.append(await channel.receipts(pending, T0 + 2))
        centre.report(parts[1], "UNDELIV", err="021", tlv=tlv)
        assert await came(lambda: len(centre.acknowledged) == 4)
        asked.append(await channel.receipts(pending, T0 + 3))
        return [*asked, [Receipt(pending[0][0], True, 0), Receipt(pending[1][0], False, 0)]]

    none, first, both, expected = with_smpp(centre, tmp_path, reported)
    assert none == []
    assert [(r.provider_id, r.delivered) for r in first] == [(expected[0].provider_id, True)]
    assert [(r.provider_id, r.delivered) for r in both] == [(r.provider_id, r.delivered) for r in expected]


def test_replies_over_smpp(centre: Smsc, tmp_path: Path) -> None:
    async def answered(channel: Smpp) -> tuple[list[Reply], list[Reply]]:
        await once(channel)
        centre.reply("8613800001234", "收到 483920")
        centre.reply("10086", "话费余额不足")
        assert await came(lambda: len(centre.acknowledged) == 2)
        return await channel.replies(T0 + 1), await channel.replies(T0 + 2)

    (reply,), again = with_smpp(centre, tmp_path, answered)
    assert (reply.phone, reply.text, reply.at_ms) == ("+8613800001234", "收到 483920", T0 + 1)
    assert again == []


def test_ids_as_centres_spell_them() -> None:
    assert {"A0", "a0", "160"} <= same_ids("A0")
    assert {"0000000160", "a0"} <= same_ids("160")
    assert same_ids("x-1") == {"x-1", "X-1"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"ca_file": "x"}, "of use with tls"),
        ({"source": "应急"}, "source has characters"),
        ({"most_parts": 0}, "most_parts"),
    ],
)
def test_mistakes_in_the_settings_of_a_centre(tmp_path: Path, changes: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        smsc.settings(1, tmp_path, **changes)


def test_limits_of_contracts(tmp_path: Path) -> None:
    assert smsc.settings(1, tmp_path).open().limits.quotas == ()
    limits = smsc.settings(1, tmp_path, per_recipient_day=20, per_day=900).open().limits
    assert limits.quotas == (Quota(20, 86_400.0, "recipient"), Quota(900, 86_400.0))
    assert limits.kept_for_red == 0.3
    assert modems.settings(Path("/dev/null"), per_day=200).open().limits.kept_for_red == 0.3


def test_a_modem_sends_long_texts_in_parts(modem: Modem) -> None:
    outcome = with_modem(modem, once)
    assert outcome.delivered, outcome
    assert [(one.number, one.ucs2, one.header, one.report) for one in modem.sent] == [
        ("+8613800001234", True, True, True)
    ] * 3
    assert LINK in modem.texts()[0]
    assert modem.faults == []


def test_a_rare_character_does_not_stop_a_message(modem: Modem) -> None:
    rare = item(about=facts(unit_name="𠮷野罐区"))
    assert with_modem(modem, lambda channel: channel.send(notice(rare), T0)).delivered
    assert "〓野罐区" in modem.texts()[0]


@pytest.mark.parametrize(
    ("code", "permanent", "throttled"), [(1, True, False), (28, True, False), (42, False, True), (38, False, False)]
)
def test_what_a_modem_s_error_means(modem: Modem, code: int, permanent: bool, throttled: bool) -> None:
    modem.code = code
    outcome = with_modem(modem, once)
    assert (outcome.delivered, outcome.permanent, outcome.throttled) == (False, permanent, throttled)
    assert outcome.status == code


def test_a_modem_that_is_not_there(tmp_path: Path) -> None:
    channel = modems.settings(tmp_path / "nothing").open()
    outcome = asyncio.run(channel.send(notice(), T0))
    assert (outcome.delivered, outcome.permanent) == (False, False)
    assert "nothing" in outcome.error


def test_a_pin(tmp_path: Path) -> None:
    (tmp_path / "pin").write_text(PIN + "\n")
    (tmp_path / "wrong").write_text("0000\n")
    with Modem(tmp_path, PIN) as locked:
        wrong = with_modem(locked, once, pin_file=tmp_path / "wrong")
        assert (wrong.delivered, wrong.permanent) == (False, False)
        assert with_modem(locked, once, pin_file=tmp_path / "pin").delivered


def test_receipts_of_a_modem(modem: Modem) -> None:
    async def reported(channel: GsmModem) -> tuple[list[Receipt], ...]:
        sent = [await channel.send(notice(item(n, link="")), T0 + n) for n in (1, 2)]
        pending = [(outcome.provider_id, PHONE, T0) for outcome in sent]
        first, second = (one.reference for one in modem.sent[-2:])
        states = channel._session.states
        modem.report(first, "+8613800001234", 0x30)  # the network still tries
        modem.report(first, "+8613800001234", 0x00)
        assert await came(lambda: len(states) == 1)
        one = await channel.receipts(pending, T0 + 9)
        modem.report(second, "+8613800001234", 0x46)
        assert await came(lambda: len(states) == 2)
        return one, await channel.receipts(pending, T0 + 9)

    one, both = with_modem(modem, reported, most_parts=1)
    assert [r.delivered for r in one] == [True]
    assert [(r.delivered, r.text) for r in both] == [(True, "TP-ST 0x00"), (False, "TP-ST 0x46")]


def test_replies_by_a_modem(modem: Modem) -> None:
    async def answered(channel: GsmModem) -> list[Reply]:
        await once(channel)
        modem.reply("+8613800001234", "收到 483920")
        assert await came(lambda: bool(channel._session.received))
        return await channel.replies(T0 + 1)

    (reply,) = with_modem(modem, answered)
    assert (reply.phone, reply.text) == ("+8613800001234", "收到 483920")
