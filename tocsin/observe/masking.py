"""Secrets and phone numbers are masked before anything is written to a log."""

import re
from collections.abc import Mapping
from typing import Any, Final

_MASK: Final = "***"

_SECRET_KEY = re.compile(r"token|secret|passw|authori[sz]ation|api_?key|access_?key|signature|cookie", re.IGNORECASE)

_SUBSTITUTIONS: Final = (
    # scheme://user:password@host
    (re.compile(r"(?<=://)([^\s/:@]*):([^\s/@]+)@"), rf"\1:{_MASK}@"),
    # ?access_token=..., &sign=..., password: ..., "secret": "..."
    (
        re.compile(
            r"""((?:token|secret|password|passwd|api_?key|access_?key|accesskeyid|signature|(?<=[?&])sign|(?<=[?&])key)["']?\s*[=:]\s*["']?)"""
            r"""[^\s&"',;})]+""",
            re.IGNORECASE,
        ),
        rf"\1{_MASK}",
    ),
    (re.compile(r"\b(Bearer|Token|Basic)\s+[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE), rf"\1 {_MASK}"),
    (re.compile(r"\bwhsec_[A-Za-z0-9+/=]+"), f"whsec_{_MASK}"),
    # Keys in the path of a robot's address: /robot/send/..., /hook/<id>
    (re.compile(r"(/hook/)[A-Za-z0-9-]{8,}"), rf"\1{_MASK}"),
    # Mobile numbers of the mainland, land lines, and numbers with a country's code
    (re.compile(r"(?<!\d)(?:(\+?86)[- ]?)?(1[3-9]\d)\d{4}(\d{4})(?!\d)"), r"\2****\3"),
    (re.compile(r"(?<!\d)(0\d{2,3}-)\d{5,6}(\d{2})(?!\d)"), r"\1****\2"),
    (re.compile(r"(?<![\w+])(\+\d{1,3})[ -]?\d(?:[ -]?\d){5,10}(\d{2})(?!\d)"), r"\1****\2"),
)


def mask_text(text: str) -> str:
    """The text without passwords, tokens, keys and phone numbers, as far as they can be told by their form."""
    for pattern, replacement in _SUBSTITUTIONS:
        text = pattern.sub(replacement, text)
    return text


def mask(value: Any, key: str = "") -> Any:
    """The value as it may be logged: what stands under a secret's key is gone, texts within are masked.

    Paths under keys that end in `_file` are shown: a path is no secret. Objects of other types become their text.
    """
    if value is None or isinstance(value, bool):
        return value
    if _SECRET_KEY.search(key) and not key.endswith("_file"):
        return _MASK
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, int | float):
        return mask_text(str(value)) if "phone" in key.lower() or "mobile" in key.lower() else value
    if isinstance(value, bytes):
        return mask_text(value.decode(errors="replace"))
    if isinstance(value, Mapping):
        return {str(k): mask(v, str(k)) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [mask(item, key) for item in value]
    return mask_text(str(value))
