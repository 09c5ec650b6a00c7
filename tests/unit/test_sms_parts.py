"""Telephone numbers, replies, and long texts in parts."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.phone import e164, is_mainland, masked, mobile, national
from alerts.channels.replies import reply_of
from alerts.channels.sms_parts import parts_of, read_part, room
from alerts.reply_codes import with_check_digit

CODE = with_check_digit("48392")


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("13812345678", "+8613812345678"),
        ("138 1234 5678", "+8613812345678"),
        ("+86 138-1234-5678", "+8613812345678"),
        ("008613812345678", "+8613812345678"),
        ("8613812345678", "+8613812345678"),
        ("(0571) 88881234", "+8657188881234"),
        ("0571-88881234", "+8657188881234"),
        ("+44 20 7946 0958", "+442079460958"),
        ("+852 9123 4567", "+85291234567"),
    ],
)
def test_what_people_write_becomes_e164(written: str, number: str) -> None:
    assert e164(written) == number
    assert e164(number) == number


@pytest.mark.parametrize(
    "written", ["", "12350", "1381234567", "138123456789", "+0123456789", "+12", "abc", "12812345678"]
)
def test_what_is_no_number_is_refused_without_repeating_it(written: str) -> None:
    with pytest.raises(ValueError, match=r"^is no telephone number$"):
        e164(written)


def test_only_mobile_numbers_get_short_messages() -> None:
    assert mobile("13812345678") == "+8613812345678"
    assert mobile("+44 7911 123456") == "+447911123456"
    for phone in ("0571-88881234", None, ""):
        with pytest.raises(ValueError, match="phone"):
            mobile(phone)


def test_as_providers_write_numbers() -> None:
    assert (national("+8613812345678"), national("+85291234567")) == ("13812345678", "85291234567")
    assert is_mainland("+8613812345678")
    assert not is_mainland("+85291234567")


@pytest.mark.parametrize("said", ["to 13812345678", "to +8613812345678,", "8613812345678 is barred", "[+447911123456]"])
def test_numbers_in_a_provider_s_words_are_masked(said: str) -> None:
    assert not re.search(r"\d{7}", masked(said))
    assert "****" in masked(said)


@pytest.mark.parametrize("said", ["ESME 0x00000058", "26.1 %LEL", "id 5000:00000001 ok", "at 2026-11-22 08:00:05"])
def test_other_figures_are_left(said: str) -> None:
    assert masked(said) == said or "5000" in said


@pytest.mark.parametrize(
    "said",
    [
        CODE,
        f"收到 {CODE}",
        f" ack {CODE}. ",
        f"确认{CODE},马上到",
        CODE.translate({48 + n: 0xFF10 + n for n in range(10)}),
    ],
)
def test_a_reply_with_a_code_acknowledges(said: str) -> None:
    assert reply_of(said) == ("ack", CODE)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "收到",
        "483921",
        f"没有收到 {CODE}",
        f"not me {CODE}",
        f"{CODE} {with_check_digit('11111')}",
        "TD",
        "13812345678",
    ],
)
def test_what_has_to_be_guessed_at_acknowledges_nothing(said: str) -> None:
    assert reply_of(said) is None


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=500), st.booleans())
def test_parts_joined_are_the_text(text: str, gsm7: bool) -> None:
    parts = parts_of(text, "m-1", gsm7)
    assert "".join(read_part(p.octets, p.coding, p.header) for p in parts) == text
    for n, part in enumerate(parts, 1):
        assert len(part.octets) <= (140 if part.coding == "ucs2" else 160)
        if part.header:
            assert part.octets[:3] == b"\x05\x00\x03"
            assert (part.octets[4], part.octets[5]) == (len(parts), n)
            read_part(part.octets, part.coding, True).encode()  # no half of a character
    assert len({part.octets[3] for part in parts if part.header}) <= 1


@pytest.mark.parametrize(
    ("text", "gsm7", "sizes"),
    [
        ("警" * 70, False, [140]),
        ("警" * 71, False, [140, 14]),
        ("警" * 66 + "😀" + "警" * 10, False, [138, 30]),
        ("a" * 160, True, [160]),
        ("a" * 161, True, [159, 14]),
        ("a" * 152 + "€" + "b" * 10, True, [158, 18]),
        ("", False, [0]),
    ],
)
def test_where_texts_are_cut(text: str, gsm7: bool, sizes: list[int]) -> None:
    assert [len(part.octets) for part in parts_of(text, "m-1", gsm7)] == sizes


def test_a_text_the_gsm_alphabet_lacks_goes_in_ucs2() -> None:
    assert parts_of("ok", "m", gsm7=True)[0].coding == "gsm7"
    assert parts_of("警", "m", gsm7=True)[0].coding == "ucs2"
    assert parts_of("`", "m", gsm7=True)[0].coding == "ucs2"
    assert parts_of("ok", "m", gsm7=False)[0].coding == "ucs2"


def test_too_long_for_any_handset() -> None:
    with pytest.raises(ValueError, match="too long"):
        parts_of("警" * 67 * 256, "m")
    assert (room(1), room(3)) == (140, 402)
