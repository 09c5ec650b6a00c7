"""What people write back by short message (pure)."""

import re
import unicodedata
from typing import Final, Literal

from alerts.reply_codes import codes_in

_NO: Final = re.compile(r"不|没|未|别|勿|拒|退订|(?<![A-Z])(?:NO|NOT|STOP|UNSUBSCRIBE|TD)(?![A-Z])")


def reply_of(text: str) -> tuple[Literal["ack"], str] | None:
    """What a reply asks for: ("ack", code) where it holds one reply code, whatever stands beside it.

    None for anything else: no code, two of them, or a word such as 不, 没 or NO: what has to be guessed at
    acknowledges nothing.
    """
    codes = codes_in(text)
    refused = _NO.search(unicodedata.normalize("NFKC", text).upper())
    return ("ack", codes[0]) if len(codes) == 1 and not refused else None
