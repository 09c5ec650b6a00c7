"""What delays and alarms must know of each subject, as columns by subject number."""

from dataclasses import dataclass

from rules.engine.columns import I64, Bool


@dataclass(frozen=True, slots=True, eq=False)
class SubjectTable:
    """The subjects of a group of rules: in the place of a `PointTable` for what stands on no single point."""

    ids: tuple[str, ...]
    enterprises: tuple[str, ...]
    step_cap_ms: I64
    """Three times the longest period of the subject's points; no cap where all of them report on change."""
    on_change: Bool

    @property
    def size(self) -> int:
        return len(self.ids)

    def identity(self, number: int) -> tuple[str, str]:
        """(subject, enterprise) of a number, as events name them."""
        return self.ids[number], self.enterprises[number]
