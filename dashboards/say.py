"""Words in the board's language. Every text is written in both, side by side, so that none can be forgotten."""

from dataclasses import dataclass

from dashboards.names import Language, uid_of


@dataclass(frozen=True, slots=True)
class Say:
    """`say("告警", "Alarms")` is the one in the board's language."""

    language: Language

    def __call__(self, zh: str, en: str) -> str:
        return zh if self.language == "zh" else en

    def uid(self, board: str) -> str:
        """The uid of a board in the same language."""
        return uid_of(board, self.language)
