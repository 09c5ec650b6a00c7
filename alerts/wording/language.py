"""Which words for whom."""

from typing import Final

from alerts.channels.port import Language, Notice
from alerts.wording.en import EN
from alerts.wording.words import Words
from alerts.wording.zh import ZH

WORDS: Final[dict[Language, Words]] = {"zh": ZH, "en": EN}


def language_of(notice: Notice) -> Language:
    """That of the recipient; Chinese where the channel itself is the receiver."""
    return notice.recipient.language if notice.recipient is not None else "zh"


def words_of(notice: Notice) -> Words:
    return WORDS[language_of(notice)]
