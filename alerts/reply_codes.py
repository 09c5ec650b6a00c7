"""Reply codes as people type them: digits with a check digit, found in whatever a text message says (pure).

The check digit is Damm's (H. M. Damm, 2004): it finds every single wrong digit and every two that changed places.
"""

import re
import unicodedata
from typing import Final

CODE_DIGITS: Final = 6
"""With the check digit. Variables of text message templates can be as short as this."""

_TABLE: Final = (
    "0317598642",
    "7092154863",
    "4206871359",
    "1750983426",
    "6123045978",
    "3674209581",
    "5869720134",
    "8945362017",
    "9438617205",
    "2581436790",
)
_RUN: Final = re.compile(r"\d(?:[ \-]?\d)*", re.ASCII)


def with_check_digit(digits: str) -> str:
    """The digits (0-9) and their check digit."""
    return digits + str(_damm(digits))


def is_typed_right(code: str) -> bool:
    """Whether the code has the right length and check digit."""
    return len(code) == CODE_DIGITS and code.isascii() and code.isdigit() and _damm(code) == 0


def codes_in(text: str) -> list[str]:
    """The codes that a reply holds, in order, each once. Full-width digits count, and blanks or dashes between digits;
    digits that are no code with a right check digit are left out.
    """
    runs = _RUN.findall(unicodedata.normalize("NFKC", text))
    candidates = [part for run in runs for part in (re.sub(r"\D", "", run), *re.findall(r"\d+", run))]
    return list(dict.fromkeys(part for part in candidates if is_typed_right(part)))


def _damm(digits: str) -> int:
    state = 0
    for digit in digits:
        state = int(_TABLE[state][int(digit)])
    return state
