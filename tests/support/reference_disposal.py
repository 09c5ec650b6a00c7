"""Disposals in the plainest way: one alarm's story at a time, looked at anew at every millisecond that matters.

It shares no code with alerts/disposal but the names of what comes out. Only what the properties draw is modelled.
"""

from dataclasses import dataclass, field

SEVERITIES = ("blue", "yellow", "orange", "red")


@dataclass
class Story:
    """One disposal as the reference knows it."""

    state: str
    severity: str
    since: int
    assign_by: int
    close_by: int
    active: bool = True
    cause: str = ""
    submitter: str = ""
    closed_at: int = 0
    reopened: int = 0
    told: set[tuple[str, int]] = field(default_factory=set)
    """(deadline, tier) that were told since it was opened or reopened, or since somebody took it."""


@dataclass
class Reference:
    """`assign_ms`, `close_ms` by severity; `tiers` are the spans behind a deadline, `reopen_ms` that of reopening."""

    assign_ms: dict[str, int]
    close_ms: dict[str, int]
    tiers: tuple[int, ...]
    reopen_ms: int
    story: Story | None = None
    said: list[tuple[int, str, int]] = field(default_factory=list)
    """(at, deadline, tier) of what was overdue."""
    _seen: int = 0

    def clock(self, until: int) -> None:
        """Look at each time at which something could be due, in order."""
        story = self.story
        if story is None:
            return
        spans = (0, *self.tiers)
        times = {t + s for t in (story.assign_by, story.close_by) for s in spans}
        for now in sorted(t for t in times if t <= until):
            if story.state == "closed":
                break
            if now >= story.close_by:
                self._tell(story, "close", story.close_by, now)
            elif story.state == "open":
                self._tell(story, "assign", story.assign_by, now)
        if story.state == "closed" and story.closed_at + self.reopen_ms <= until:
            self.story = None

    def _tell(self, story: Story, deadline: str, missed: int, now: int) -> None:
        for tier, span in enumerate((0, *self.tiers)):
            if missed + span <= now and (deadline, tier) not in story.told:
                story.told.add((deadline, tier))
                self.said.append((missed + span, deadline, tier))

    def raised(self, at: int, severity: str) -> None:
        if severity not in self.close_ms:
            return
        due = at + self.assign_ms[severity], at + self.close_ms[severity]
        if self.story is None:
            self.story = Story("open", severity, at, *due)
        elif self.story.state == "closed":
            self.story = Story("open", severity, at, *due, reopened=self.story.reopened + 1)
        else:
            self._worse(self.story, severity, due)
            self.story.active = True
            if self.story.state in ("submitted", "verified"):
                self.story.state, self.story.submitter = "in_progress", ""

    def _worse(self, story: Story, severity: str, due: tuple[int, int]) -> None:
        if SEVERITIES.index(severity) > SEVERITIES.index(story.severity):
            story.severity = severity
            story.assign_by, story.close_by = min(story.assign_by, due[0]), min(story.close_by, due[1])

    def cleared(self) -> None:
        if self.story is not None:
            self.story.active = False

    def act(self, name: str, at: int, by: str, tier: str) -> bool:
        """Whether it is taken."""
        story = self.story
        if story is None:
            return False
        state = story.state
        handed_in = state in ("submitted", "verified")
        centre = tier == "centre" or story.severity != "red"
        match name:
            case "assign" | "start":
                if state not in ("open", "assigned", "in_progress") or (name == "start" and state == "in_progress"):
                    return False
                story.state = "assigned" if name == "assign" else "in_progress"
                if at < story.close_by or not any(told[0] == "close" for told in story.told):
                    story.told = {told for told in story.told if told[0] != "assign"}
            case "note":
                return state != "closed"
            case "cause":
                if handed_in or state == "closed":
                    return False
                story.cause = "test"
            case "submit":
                if state != "in_progress" or not story.cause:
                    return False
                story.state, story.submitter = "submitted", by
            case "reject":
                if not handed_in:
                    return False
                story.state, story.submitter = "in_progress", ""
            case "verify":
                if state != "submitted" or not centre or by == story.submitter:
                    return False
                story.state = "verified"
            case "close":
                if state != "verified" or not centre or story.active:
                    return False
                story.state, story.closed_at = "closed", at
            case "reopen":
                if state != "closed":
                    return False
                due = at + self.assign_ms[story.severity], at + self.close_ms[story.severity]
                self.story = Story("open", story.severity, at, *due, story.active, reopened=story.reopened + 1)
            case _:
                raise AssertionError(name)
        return True
