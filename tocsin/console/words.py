"""What the console says. Every page has a table of its own, in both languages."""

from collections.abc import Mapping
from typing import Final, Literal

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")

TABLES: Final[list["Table"]] = []
"""All that were made; tests look through them."""


class Words:
    """A table in one language."""

    def __init__(self, language: Language, texts: Mapping[str, str]) -> None:
        self.language: Language = language
        self._texts = texts

    def __getitem__(self, name: str) -> str:
        return self._texts[name]

    def __contains__(self, name: str) -> bool:
        return name in self._texts

    def get(self, name: str, otherwise: str) -> str:
        return self._texts.get(name, otherwise)

    def __call__(self, name: str, /, **fields: object) -> str:
        """The text with its braces filled."""
        return self._texts[name].format(**fields)

    def all(self) -> dict[str, str]:
        """For scripts, which fill braces themselves."""
        return dict(self._texts)


class Table:
    """Texts by name, each (zh, en). Both have the same braces."""

    def __init__(self, texts: Mapping[str, tuple[str, str]]) -> None:
        self.texts = dict(texts)
        self._words = {
            lang: Words(lang, {n: both[i] for n, both in self.texts.items()}) for i, lang in enumerate(LANGUAGES)
        }
        TABLES.append(self)

    def said(self, language: Language) -> Words:
        return self._words[language]
