"""Mail: what stands in a message, logins and TLS, and what the server's answers mean."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest
from pydantic import ValidationError
from support.certificates import self_signed
from support.notices import LINK, T0, facts, item, notice, person, several
from support.standins.mail import PASSWORD, UNKNOWN, USER, MailServer, settings, text_of

from alerts.channels.mail import MailSettings
from alerts.channels.port import Notice, Outcome


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as started:
        yield started


def sent(server: MailServer, given: Notice, **changes: object) -> Outcome:
    return asyncio.run(settings(server.port, **changes).open().send(given, T0))


def message(server: MailServer, given: Notice, **changes: object) -> EmailMessage:
    outcome = sent(server, given, **changes)
    assert outcome.delivered, outcome
    return server.messages[-1]


def test_text_and_html_say_the_same_thing(server: MailServer) -> None:
    got = message(server, notice(urgent=True), reply_to="duty@tocsin.example.org")
    assert got["Subject"].startswith("红色")
    assert got["From"] == "Tocsin 警钟 <alarm@tocsin.example.org>"
    assert got["To"] == "张伟 <zhang@example.org>"
    assert got["Reply-To"] == "duty@tocsin.example.org"
    assert got["Date"] == "Thu, 21 Nov 2024 11:53:23 +0000"
    assert (got["Auto-Submitted"], got["Importance"]) == ("auto-generated", "high")
    assert got.get_content_type() == "multipart/alternative"
    page = got.get_body(("html",))
    assert page is not None
    for part in (text_of(got), page.get_content()):
        assert "52.5" in part
        assert LINK in part


def test_the_same_notice_has_the_same_id_and_another_one_has_another(server: MailServer) -> None:
    first, again = (message(server, notice())["Message-ID"] for _ in range(2))
    other = message(server, replace(notice(), id="m-2"))["Message-ID"]
    assert first == again == "<m-1@tocsin.example.org>"
    assert other != first


def test_ids_that_no_header_takes_are_hashed(server: MailServer) -> None:
    got = message(server, replace(notice(), id="a b<>\r\nBcc: x@y.example"))
    assert got["Bcc"] is None
    assert got["Message-ID"].count("@") == 1


def test_one_alarm_is_one_thread_for_each_recipient(server: MailServer) -> None:
    raised = message(server, notice())
    over = message(server, replace(notice(item(2, purpose="resolved")), id="m-2"))
    other_alarm = message(server, notice(item(about=facts(alarm="another"))))
    other_person = message(server, notice(recipient=person(email="li@example.org")))
    assert raised["References"] == raised["In-Reply-To"] == over["References"]
    assert len({m["References"] for m in (raised, other_alarm, other_person)}) == 3
    assert message(server, notice(*several(3)))["References"] is None


@pytest.mark.parametrize("email", [None, "", "nobody", "a@b@c", "x@example.org\r\nBcc: y@example.org"])
def test_a_contact_without_an_address_is_given_up_at_once(server: MailServer, email: str | None) -> None:
    outcome = sent(server, notice(recipient=person(email=email)))
    assert outcome == Outcome(False, error="the contact has no mail address", permanent=True)
    assert server.messages == []


def test_a_name_cannot_smuggle_headers_in(server: MailServer) -> None:
    outcome = sent(server, notice(recipient=person(name="Zhang\r\nBcc: y@example.org")))
    assert outcome.permanent
    assert server.messages == []


def test_an_unknown_recipient_is_final(server: MailServer) -> None:
    outcome = sent(server, notice(recipient=person(email=UNKNOWN)))
    assert (outcome.permanent, outcome.status) == (True, 550)
    assert "no such user" in outcome.error


@pytest.mark.parametrize(
    ("answer", "permanent", "throttled"),
    [
        ("554 5.7.1 looks like spam", True, False),
        ("451 4.3.0 try again", False, False),
        ("451 4.7.1 greylisted", False, True),
        ("452 4.2.2 over quota", False, True),
        ("421 4.7.0 too many connections", False, True),
    ],
)
def test_what_answers_to_the_message_mean(server: MailServer, answer: str, permanent: bool, throttled: bool) -> None:
    server.answer = answer
    outcome = sent(server, notice())
    assert (outcome.delivered, outcome.permanent, outcome.throttled) == (False, permanent, throttled)
    assert outcome.status == int(answer[:3])


def test_login_over_starttls(tmp_path: Path) -> None:
    certificate, tls = self_signed(tmp_path)
    (tmp_path / "password").write_text(PASSWORD + "\n")
    (tmp_path / "wrong").write_text("wrong-password\n")
    with MailServer(tls) as server:
        login = {"security": "starttls", "username": USER, "password_file": tmp_path / "password"}
        assert sent(server, notice(), ca_file=certificate, **login).delivered
        refused = sent(server, notice(), ca_file=certificate, **{**login, "password_file": tmp_path / "wrong"})
        assert (refused.delivered, refused.permanent, refused.status) == (False, False, 535)
        assert "wrong-password" not in repr(refused)
        unknown = sent(server, notice(), **login)
        assert "CERTIFICATE_VERIFY_FAILED" in unknown.error
        assert len(server.messages) == 1


def test_a_server_without_starttls_gets_nothing(server: MailServer) -> None:
    outcome = sent(server, notice(), security="starttls")
    assert not outcome.delivered
    assert not outcome.permanent
    assert server.messages == []


def test_nobody_listens() -> None:
    with MailServer() as server:
        port = server.port
    outcome = asyncio.run(settings(port).open().send(notice(), T0))
    assert not outcome.delivered
    assert not outcome.permanent
    assert outcome.error


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sender": "nobody"}, "sender is no mail address"),
        ({"reply_to": "nobody"}, "reply_to is no mail address"),
        ({"username": "x"}, "username and password_file go together"),
        ({"host": "mail.example.org", "username": "x", "password_file": "p"}, "would send the password in the clear"),
        ({"security": "ssl"}, "security"),
    ],
)
def test_mistakes_in_the_settings(changes: dict[str, str], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        settings(25, **changes)


def test_secrets_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"gone: the secret can't be read"):
        settings(25, username="x", password_file=tmp_path / "gone").open()
    with pytest.raises(ValueError, match=r"gone: the authority can't be read"):
        settings(25, ca_file=tmp_path / "gone").open()


def test_an_hour_s_quota() -> None:
    assert settings(25).open().limits.quotas == ()
    (quota,) = settings(25, per_hour=100).open().limits.quotas
    assert (quota.most, quota.within_s, quota.per) == (100, 3600.0, "channel")


def test_the_example_on_the_page() -> None:
    import tomllib

    page = (Path(__file__).parents[2] / "docs/reference/channel-mail.md").read_text(encoding="utf-8")
    (given,) = tomllib.loads(page.split("```toml\n")[1].split("```")[0])["channel"]
    assert MailSettings.model_validate(given).security == "starttls"
