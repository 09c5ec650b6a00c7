"""Random secrets that prove something: a cookie, a token, a link. What is stored of them proves nothing."""

import hmac
import secrets
from hashlib import sha256
from typing import Final

_BYTES: Final = 32
_ID_BYTES: Final = 6
_MOST_LENGTH: Final = 128


def new_secret() -> str:
    """256 random bits, as 43 characters that may stand in a header, a cookie and an address."""
    return secrets.token_urlsafe(_BYTES)


def new_id() -> str:
    """A public name of a session or token."""
    return secrets.token_hex(_ID_BYTES)


def digest(secret: str) -> bytes:
    """What is stored and looked up. Secrets are random, so that a fast hash is enough; a lookup by it tells by its
    time nothing about the secret."""
    return sha256(secret[:_MOST_LENGTH].encode(errors="replace")).digest()


def form_mark(secret: str) -> str:
    """What a form must carry beside the cookie `secret`; the cookie can't be told from it."""
    return hmac.new(secret.encode(errors="replace"), b"tocsin form", sha256).hexdigest()


def is_form_mark(mark: str, secret: str) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(mark.encode(errors="replace"), form_mark(secret).encode())
