"""Passwords for a broker: made by the machine, kept by Mosquitto as PBKDF2 hashes."""

import base64
import hashlib
import secrets
from typing import Final

_ITERATIONS: Final = 101
"""As mosquitto_passwd does it (mosquitto_passwd(1), format $7$). The passwords are random, so nobody guesses them."""
_SALT_BYTES: Final = 12
_HASH_BYTES: Final = 64


def make_password() -> str:
    """144 random bits, as 24 characters."""
    return secrets.token_urlsafe(18)


def password_line(user: str, password: str) -> str:
    """A line of Mosquitto's password file (format $7$: PBKDF2 with SHA-512)."""
    salt = secrets.token_bytes(_SALT_BYTES)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ITERATIONS, _HASH_BYTES)
    encoded = (base64.b64encode(part).decode() for part in (salt, digest))
    return f"{user}:$7${_ITERATIONS}${'$'.join(encoded)}"
