"""Signed links and reply codes: what they prove, and that nothing else does."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.links import Claim, Links, read_link_secrets
from alerts.reply_codes import codes_in, is_typed_right, with_check_digit
from rules.identity import alarm_id

NOW_MS = 1_790_000_000_000
OLD, NEW = b"o" * 32, b"n" * 40
ALARM = alarm_id("gas", "E001-GAS-01", "high", NOW_MS)
LINKS = Links([NEW], "https://alarms.example.org/", 3600.0)

contacts = st.from_regex(r"\A[A-Za-z0-9._-]{1,64}\Z")
alarms = st.one_of(
    st.builds(alarm_id, st.text(max_size=5), st.text(max_size=5), st.just("high"), st.integers(0, 10**13)),
    st.from_regex(r"\A[A-Za-z0-9._-]{1,64}\Z"),
    st.sampled_from(["a" * 9, "a" * 10, "a" * 16, "A" * 16]),
)
levels = st.sampled_from(["ll", "l", "h", "hh", "on"])


@given(contacts, alarms, levels, st.integers(0, 4_000_000_000_000))
def test_a_link_proves_what_it_was_made_for(contact: str, alarm: str, level: str, now_ms: int) -> None:
    claim = LINKS.check(LINKS.token(contact, alarm, level, now_ms), now_ms)
    assert isinstance(claim, Claim)
    assert (claim.contact, claim.alarm, claim.level) == (contact, alarm, level)
    assert now_ms + 3_600_000 <= claim.expires_at_ms < now_ms + 3_660_000
    assert LINKS.check(LINKS.token(contact, alarm, level, now_ms), claim.expires_at_ms) == "expired"


@given(st.data())
def test_no_other_bits_prove_anything(data: st.DataObject) -> None:
    token = LINKS.token("zhang", ALARM, "hh", NOW_MS)
    raw = bytearray(urlsafe_b64decode(token + "=="[: -len(token) % 4]))
    at = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[at // 8] ^= 1 << at % 8
    assert LINKS.check(urlsafe_b64encode(raw).rstrip(b"=").decode(), NOW_MS) == "forged"


@given(st.one_of(st.text(), st.binary().map(lambda b: urlsafe_b64encode(b).decode())))
def test_nonsense_is_forged_and_never_raises(token: str) -> None:
    assert LINKS.check(token, NOW_MS) == "forged"


def test_a_token_is_spelled_in_one_way_only() -> None:
    token = LINKS.token("zhan", ALARM, "hh", NOW_MS)  # 32 bytes: the last character has bits to spare
    for other in (token + "=", token[:-1] + chr(ord(token[-1]) + 1), token + "\n", token + "==="):
        assert LINKS.check(other, NOW_MS) == "forged"


def test_a_link_fits_into_a_text_message() -> None:
    link = LINKS.link("zhang", ALARM, "hh", NOW_MS)
    assert link.startswith("https://alarms.example.org/a/")
    assert len(link.rpartition("/")[2]) <= 50


def test_the_first_secret_signs_and_all_verify() -> None:
    old, both, new = (Links(secrets, "http://a", 60.0) for secrets in ([OLD], [NEW, OLD], [NEW]))
    made_before = old.token("li", ALARM, "h", NOW_MS)
    assert isinstance(both.check(made_before, NOW_MS), Claim)
    assert both.token("li", ALARM, "h", NOW_MS) == new.token("li", ALARM, "h", NOW_MS)
    assert new.check(made_before, NOW_MS) == "forged"
    assert both.is_reply_code(old.reply_code("li", ALARM, "h"), "li", ALARM, "h")
    assert not new.is_reply_code(old.reply_code("li", ALARM, "h"), "li", ALARM, "h")


def test_a_form_mark_is_of_its_page_alone() -> None:
    token = LINKS.token("li", ALARM, "h", NOW_MS)
    mark = LINKS.form_mark(token, "h.1")
    assert LINKS.is_form_mark(mark, token, "h.1")
    assert not LINKS.is_form_mark(mark, token, "hh.1")
    assert not LINKS.is_form_mark(mark, LINKS.token("wang", ALARM, "h", NOW_MS), "h.1")
    assert not LINKS.is_form_mark("", token, "h.1")
    assert not LINKS.is_form_mark("确认", token, "h.1")


@given(st.from_regex(r"\A[0-9]{5}\Z"), st.integers(0, 5), st.integers(1, 9))
def test_a_wrong_digit_is_seen(digits: str, at: int, by: int) -> None:
    code = with_check_digit(digits)
    assert is_typed_right(code)
    wrong = code[:at] + str((int(code[at]) + by) % 10) + code[at + 1 :]
    assert not is_typed_right(wrong)
    if at < 5 and code[at] != code[at + 1]:
        swapped = code[:at] + code[at + 1] + code[at] + code[at + 2 :]
        assert not is_typed_right(swapped)


def test_codes_are_found_in_what_people_write() -> None:
    code = LINKS.reply_code("zhang", ALARM, "hh")
    wide = code.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    for text in (code, f"回复{code}收到", f"ok {code[:3]} {code[3:]}.", wide, f"{code[:4]}-{code[4:]}"):
        assert codes_in(text) == [code]
    assert codes_in(f"2026-11-22 {code}") == [code]
    assert codes_in(f"13800001111 {code}1") == []
    assert codes_in(f"{code},{code}") == [code]
    assert codes_in("") == []


def test_secrets_are_read_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(NEW + b"\n\n" + OLD + b"\r\n")
    assert read_link_secrets(path) == (NEW, OLD)
    path.write_bytes(NEW + b"\nshort\n")
    with pytest.raises(ValueError, match="secret:2: the secret is too short, needed are at least 32 bytes"):
        read_link_secrets(path)
    path.write_bytes(b"\n")
    with pytest.raises(ValueError, match="holds no secret"):
        read_link_secrets(path)
    with pytest.raises(ValueError, match="can't be read: No such file"):
        read_link_secrets(tmp_path / "none")
    with pytest.raises(ValueError, match="at least 32 bytes"):
        Links([b"short"], "http://a", 60.0)
