"""The diary of one route that one alarm has entered: what the reference of telling remembers."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Diary:
    """Of one route that one alarm has entered. Entries: (what, at, ...)."""

    route: str
    entries: list[dict[str, Any]]
    told: dict[str, tuple[int, bool]] = field(default_factory=dict)
    """contact -> (rung, is a neighbour), in the order in which they were told."""
    asked: dict[str, tuple[str, int, bool]] = field(default_factory=dict)
    """key of a call that waits for an approval -> (contact, rung, is a neighbour)."""

    def note(self, what: str, at: int, **facts: Any) -> None:
        self.entries.append({"what": what, "at": at, **facts})

    def climb(self) -> list[dict[str, Any]]:
        """Since it began last."""
        begins = [i for i, entry in enumerate(self.entries) if entry["what"] == "begin"]
        return self.entries[begins[-1] :]

    @property
    def ended(self) -> str:
        return next((entry["why"] for entry in reversed(self.climb()) if entry["what"] == "end"), "")

    @property
    def n(self) -> int:
        return next(entry["n"] for entry in reversed(self.entries) if "n" in entry)

    @property
    def round(self) -> int:
        return sum(entry["what"] in ("repeat", "begin") for entry in self.entries) - 1

    def rungs(self) -> int:
        """How many rungs of the present climb were told."""
        return max((entry["rung"] + 1 for entry in self.climb() if entry["what"] == "rung"), default=0)

    def repeats(self) -> int:
        """Since the last rung."""
        told = [entry["what"] for entry in self.climb() if entry["what"] in ("rung", "repeat")]
        return told[::-1].index("rung") if told else 0

    def next_at(self, route: Any) -> int | None:
        """2, 3, 7, 12: when the next rung or repeat is due."""
        if self.ended:
            return None
        climb = self.climb()
        changed = max(entry["at"] for entry in climb if entry["what"] in ("begin", "rung", "repeat", "routes"))
        tellings = [entry for entry in climb if entry["what"] in ("rung", "repeat")]
        if self.rungs() < len(route.ladder):
            if tellings:
                failures = {e["key"]: e["at"] for e in climb if e["what"] == "failed" and e["at"] >= tellings[-1]["at"]}
                if all(key in failures for key in tellings[-1]["keys"]):
                    return max([changed, *(failures[key] for key in tellings[-1]["keys"])])
            return max(changed, climb[0]["at"] + round(route.ladder[self.rungs()].after_s * 1000))
        if route.repeat is None or self.repeats() >= route.repeat.times:
            return None
        return max(changed, tellings[-1]["at"] + round(route.repeat.every_s * 1000))
