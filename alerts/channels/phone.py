"""Telephone numbers: from what people write to E.164, and masked for logs (pure)."""

import re
from typing import Final

_CHINA: Final = "86"
_MOBILE: Final = re.compile(r"1[3-9]\d{9}")
"""Mobile numbers of mainland China, without the country's code."""
_LANDLINE: Final = re.compile(r"0[1-9]\d{8,10}")
_INTERNATIONAL: Final = re.compile(r"[1-9]\d{6,14}")
"""ITU-T E.164: at most 15 digits, the country's code included."""
_DIGITS: Final = re.compile(r"(?<![\w.])(\+?\d{2,5})\d{4,7}(\d{4})(?![\w.])")


def e164(phone: str) -> str:
    """The number as `+8613812345678`. A number without a country's code is one of mainland China.

    ValueError (without the number) if it is none.
    """
    digits = re.sub(r"[\s()/\-]", "", phone)
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    if not digits.startswith("+"):
        if digits.startswith(_CHINA) and _MOBILE.fullmatch(digits[2:]):
            digits = "+" + digits
        elif _MOBILE.fullmatch(digits):
            digits = f"+{_CHINA}{digits}"
        elif _LANDLINE.fullmatch(digits):
            digits = f"+{_CHINA}{digits[1:]}"
    if not digits.startswith("+") or not _INTERNATIONAL.fullmatch(digits[1:]):
        raise ValueError("is no telephone number")
    return digits


def mobile(phone: str | None) -> str:
    """The number as e164() has it, if it can get short messages. ValueError says why not, without the number.

    Of mainland China these are the mobile numbers; of other countries every number is taken.
    """
    if not phone:
        raise ValueError("the contact has no phone")
    number = e164(phone)
    if is_mainland(number) and not _MOBILE.fullmatch(national(number)):
        raise ValueError("the phone is no mobile number")
    return number


def is_mainland(number: str) -> bool:
    """Whether an E.164 number is one of mainland China."""
    return number.startswith(f"+{_CHINA}")


def national(number: str) -> str:
    """An E.164 number as providers in China write it: 11 digits of the mainland, else the country's code and digits."""
    return number.removeprefix(f"+{_CHINA}").removeprefix("+")


def masked(text: str) -> str:
    """The text with the middle of everything that looks like a telephone number struck out."""
    return _DIGITS.sub(r"\1****\2", text)
