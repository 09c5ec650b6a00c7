"""What opening a link shows, and what the button on it does."""

from dataclasses import dataclass
from typing import Final, Literal, Protocol
from urllib.parse import parse_qs

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from alerts.channels.port import Language, Receipt
from alerts.links import Claim, Links
from alerts.record import AlarmRecord
from plant.entries import Tier
from plant.site import Contact
from tocsin.answers.desk import Shown, UnavailableError
from tocsin.answers.limiter import Limiter
from tocsin.answers.page import MOST_COMMENT, Banner, alarm_page, message_page, seen
from tocsin.answers.words import WORDS, Words
from tocsin.clock import Clock

MOST_BODY: Final = 16 << 10
_DONE: Final = "done"

_log = structlog.get_logger(__name__)


class Desk(Protocol):
    """What pages and callbacks ask (tocsin/answers/desk.py). Each may raise UnavailableError; each may block."""

    def contact(self, contact: str) -> Contact | None: ...
    def tier(self, contact: Contact) -> Tier: ...
    def look(self, alarm: str) -> Shown | None: ...
    def acknowledge(self, alarm: str, contact: Contact, comment: str) -> str | None: ...
    def unacknowledged(self) -> list[AlarmRecord]: ...
    def contacts_with(self, phone: str) -> list[Contact]: ...
    def receipts(self, channel: str, receipts: tuple[Receipt, ...]) -> None: ...


@dataclass(frozen=True, slots=True)
class _Form:
    seen: str
    mark: str
    comment: str


@dataclass(frozen=True, slots=True)
class _Asked:
    """A link that proves something, and what it is about."""

    token: str
    claim: Claim
    contact: Contact
    tier: Tier
    language: Language
    shown: Shown

    @property
    def words(self) -> Words:
        return WORDS[self.language]


class Pages:
    """GET and HEAD change nothing, whoever opens the link: a person, a preview, a scanner. POST acknowledges."""

    def __init__(self, desk: Desk, links: Links, clock: Clock, centre_phone: str) -> None:
        self._desk = desk
        self._links = links
        self._clock = clock
        self._centre_phone = centre_phone
        self._by_client = Limiter(120, 60.0)
        self._by_token = Limiter(30, 60.0)

    async def show(self, request: Request) -> Response:
        """The alarm as it stands."""
        asked = await self._asked(request)
        if isinstance(asked, Response):
            return asked
        done = _DONE in request.query_params and bool(asked.shown.acknowledgements)
        return self._page(asked, Banner(asked.words.thanks, "good") if done else None)

    async def answer(self, request: Request) -> Response:
        """Acknowledge, if the page that was shown still says what is so."""
        asked = await self._asked(request)
        if isinstance(asked, Response):
            return asked
        form = await _read_form(request)
        words = asked.words
        if form is None or not self._links.is_form_mark(form.mark, asked.token, form.seen):
            return self._page(asked, Banner(words.stale_form, "bad"), 400)
        if len(form.comment) > MOST_COMMENT:
            return self._page(asked, Banner(words.too_long.format(most=MOST_COMMENT), "bad"), 400)
        if form.seen != seen(asked.shown):
            return self._page(asked, Banner(words.seen_changed, "bad"), 409, form.comment)
        claim = asked.claim
        try:
            refused = await run_in_threadpool(self._desk.acknowledge, claim.alarm, asked.contact, form.comment)
        except UnavailableError as error:
            _log.error("answer_lost", alarm=claim.alarm, by=claim.contact, error=str(error))
            return self._down(asked.language)
        _log.info("answered", alarm=claim.alarm, by=claim.contact, refused=refused)
        if refused is None:
            return RedirectResponse(f"{asked.token}?{_DONE}=1", 303)
        now = await self._asked(request, counted=True)
        if isinstance(now, Response):
            return now
        return self._page(now, Banner(words.refused.format(reason=refused), "warn"), 409, form.comment)

    async def _asked(self, request: Request, counted: bool = False) -> "_Asked | Response":
        """What the link in the request proves; or the answer to one that proves nothing."""
        token = request.path_params["token"]
        now_s = self._clock.monotonic_s()
        if not counted:
            client = request.client.host if request.client is not None else ""
            if not (self._by_client.allows(client, now_s) and self._by_token.allows(token[:100], now_s)):
                return _message(_language(request), "often", 429)
        claim = self._links.check(token, self._clock.now_ms())
        if claim == "forged":
            return PlainTextResponse("403\n", 403)
        if claim == "expired":
            return _message(_language(request), "expired", 410, self._call(_language(request)))
        assert isinstance(claim, Claim)  # noqa: S101 - the two refusals are above
        try:
            contact = await run_in_threadpool(self._desk.contact, claim.contact)
            if contact is None:
                return PlainTextResponse("403\n", 403)
            tier = await run_in_threadpool(self._desk.tier, contact)
            language: Language = contact.language or "zh"
            shown = await run_in_threadpool(self._desk.look, claim.alarm)
        except UnavailableError as error:
            _log.error("book_unavailable", error=str(error))
            return self._down(_language(request))
        if shown is None:
            return _message(language, "unknown", 404, self._call(language))
        return _Asked(token, claim, contact, tier, language, shown)

    def _page(self, asked: _Asked, banner: Banner | None = None, status: int = 200, comment: str = "") -> Response:
        page = alarm_page(
            asked.shown,
            level_told=asked.claim.level,
            contact_name=asked.contact.name,
            tier=asked.tier,
            language=asked.language,
            mark=self._links.form_mark(asked.token, seen(asked.shown)),
            banner=banner,
            comment=comment[:MOST_COMMENT],
        )
        return HTMLResponse(page, status)

    def _down(self, language: Language) -> Response:
        return _message(language, "down", 503, self._call(language), {"retry-after": "30"})

    def _call(self, language: Language) -> str:
        return WORDS[language].down_call.format(phone=self._centre_phone) if self._centre_phone else ""


def _message(
    language: Language,
    what: Literal["often", "expired", "unknown", "down"],
    status: int,
    more: str = "",
    headers: dict[str, str] | None = None,
) -> Response:
    words = WORDS[language]
    page = message_page(language, getattr(words, f"{what}_title"), getattr(words, what), more)
    return HTMLResponse(page, status, headers)


def _language(request: Request) -> Language:
    """That of the browser, where it is not known whose link it is."""
    return "en" if request.headers.get("accept-language", "").lower().startswith("en") else "zh"


async def _read_form(request: Request) -> _Form | None:
    """The fields of the page's form; None if they are not there."""
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_BODY:
                return None
        fields = parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=10)
    except (ClientDisconnect, UnicodeDecodeError, ValueError):
        return None
    values = [fields.get(name, [""])[0] for name in ("seen", "mark", "comment")]
    return _Form(values[0], values[1], " ".join(values[2].split()))
