"""Signed links and reply codes: who may answer which alarm, at which level, until when (pure).

A token is base64url of: expiry (minutes since the epoch, 4 bytes), level, alarm, contact, and the first 12 bytes of
the HMAC-SHA256 of all that. Level and alarm come after a byte with their length; the length 0 says that the alarm's
id, 16 base32 characters, follows as its 10 bytes, which keeps links short.
"""

import hmac
from base64 import b32decode, b32encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal

from alerts.reply_codes import CODE_DIGITS, with_check_digit

SHORTEST_SECRET: Final = 32
_MAC_BYTES: Final = 12
_LINK: Final = b"tocsin link 1\n"
_REPLY: Final = b"tocsin reply 1\n"
_FORM: Final = b"tocsin form 1\n"
_MINUTE_MS: Final = 60_000
_LONGEST: Final = 400
_ID_BYTES: Final = 10

Refused = Literal["forged", "expired"]


@dataclass(frozen=True, slots=True)
class Claim:
    """What a token proves: this contact was told of this alarm at this level. `expires_at_ms` is on the wall clock."""

    contact: str
    alarm: str
    level: str
    expires_at_ms: int


class Links:
    """Makes and checks links. The first secret signs, every one verifies: that is how a secret is changed."""

    def __init__(self, secrets: Sequence[bytes], public_url: str, valid_s: float) -> None:
        """`public_url` is what stands before `/a/TOKEN`. ValueError for a secret of fewer than 32 bytes, or none."""
        if not secrets or any(len(secret) < SHORTEST_SECRET for secret in secrets):
            raise ValueError(f"a secret for links has at least {SHORTEST_SECRET} bytes")
        self._secrets = tuple(secrets)
        self._base = public_url.rstrip("/")
        self._valid_ms = round(valid_s * 1000)

    def link(self, contact: str, alarm: str, level: str, now_ms: int) -> str:
        """The page on which `contact` answers `alarm`; `level` is the alarm's peak level as it is told now."""
        return f"{self._base}/a/{self.token(contact, alarm, level, now_ms)}"

    def token(self, contact: str, alarm: str, level: str, now_ms: int) -> str:
        """The part of the link that proves it."""
        minutes = -(-(now_ms + self._valid_ms) // _MINUTE_MS)
        body = b"".join((minutes.to_bytes(4, "big"), _sized(level.encode()), _packed(alarm), contact.encode()))
        return _text(body + _mac(self._secrets[0], _LINK + body))

    def check(self, token: str, now_ms: int) -> Claim | Refused:
        """What a token proves, or why it proves nothing. Never raises, whatever it is given."""
        raw = _bytes(token)
        if raw is None:
            return "forged"
        body, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
        if not any(hmac.compare_digest(mac, _mac(secret, _LINK + body)) for secret in self._secrets):
            return "forged"
        claim = _read(body)
        if claim is None:
            return "forged"
        return claim if now_ms < claim.expires_at_ms else "expired"

    def reply_code(self, contact: str, alarm: str, level: str) -> str:
        """Digits to answer a text message with; the last one is a check digit."""
        return self._reply_code(self._secrets[0], contact, alarm, level)

    def is_reply_code(self, code: str, contact: str, alarm: str, level: str) -> bool:
        """Whether the code was made for them, under any of the secrets."""
        return any(
            hmac.compare_digest(code.encode(), self._reply_code(secret, contact, alarm, level).encode())
            for secret in self._secrets
        )

    def form_mark(self, token: str, seen: str) -> str:
        """Proof that the page of this token was shown, with the alarm as `seen`."""
        return _text(_mac(self._secrets[0], _form(token, seen)))

    def is_form_mark(self, mark: str, token: str, seen: str) -> bool:
        """Whether the mark was made for them, under any of the secrets."""
        made = (_text(_mac(secret, _form(token, seen))) for secret in self._secrets)
        return any(hmac.compare_digest(mark.encode(), one.encode()) for one in made)

    @staticmethod
    def _reply_code(secret: bytes, contact: str, alarm: str, level: str) -> str:
        digest = hmac.digest(secret, _REPLY + "\x1f".join((contact, alarm, level)).encode(), sha256)
        number = int.from_bytes(digest[:8], "big") % 10 ** (CODE_DIGITS - 1)
        return with_check_digit(f"{number:0{CODE_DIGITS - 1}d}")


def read_link_secrets(path: Path) -> tuple[bytes, ...]:
    """The secrets of a file, one a line, the first one in use. ValueError says what is wrong, without any of them."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise ValueError(f"{path}: the secrets can't be read: {error.strerror}") from None
    secrets = tuple(line.strip() for line in lines if line.strip())
    if not secrets:
        raise ValueError(f"{path}: holds no secret, needed is a line of at least {SHORTEST_SECRET} bytes")
    short = next((n for n, line in enumerate(lines, 1) if 0 < len(line.strip()) < SHORTEST_SECRET), None)
    if short is not None:
        raise ValueError(f"{path}:{short}: the secret is too short, needed are at least {SHORTEST_SECRET} bytes")
    return secrets


def _mac(secret: bytes, data: bytes) -> bytes:
    return hmac.digest(secret, data, sha256)[:_MAC_BYTES]


def _form(token: str, seen: str) -> bytes:
    return _FORM + f"{token}\x1f{seen}".encode()


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(token: str) -> bytes | None:
    """What a token encodes, None where it is no token at all. Only the one spelling of each is taken."""
    if len(token) > _LONGEST or not token.isascii():
        return None
    try:
        raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return None
    return raw if len(raw) > _MAC_BYTES and _text(raw) == token else None


def _packed(alarm: str) -> bytes:
    try:
        raw = b32decode(alarm.upper())
    except ValueError:
        raw = b""
    return b"\0" + raw if len(raw) == _ID_BYTES and _unpacked(raw) == alarm else _sized(alarm.encode())


def _unpacked(raw: bytes) -> str:
    return b32encode(raw).decode().lower()


def _sized(part: bytes) -> bytes:
    if not 0 < len(part) < 256:
        raise ValueError(f"{part!r} can't stand in a link: needed are 1 to 255 bytes")
    return bytes([len(part)]) + part


def _read(body: bytes) -> Claim | None:
    """The parts of a token whose signature is right; None where another version of Tocsin laid it out."""
    try:
        expires_at_ms = int.from_bytes(body[:4], "big") * _MINUTE_MS
        at = 5 + body[4]
        level = body[5:at].decode()
        end = at + 1 + (body[at] or _ID_BYTES)
        alarm = body[at + 1 : end].decode() if body[at] else _unpacked(body[at + 1 : end])
        contact = body[end:].decode()
    except (IndexError, UnicodeDecodeError):
        return None
    return Claim(contact, alarm, level, expires_at_ms) if contact and alarm else None
