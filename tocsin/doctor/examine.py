"""Runs all checks at once, each within a deadline."""

import threading
from collections.abc import Sequence
from typing import Final

from tocsin.clock import Clock
from tocsin.doctor.finding import Check, Finding, Verdict, bad

DEADLINE_S: Final = 15.0


def examine(checks: Sequence[Check], clock: Clock, deadline_s: float = DEADLINE_S) -> list[Finding]:
    """What the checks found, in their order. One that hangs is told of as such after `deadline_s`; so is one that
    fails. Threads of hanging checks are left behind: they hold up neither the answer nor the end of the process.
    """
    found: list[list[Finding] | None] = [None] * len(checks)

    def look(n: int, check: Check) -> None:
        try:
            found[n] = check.look()
        except Exception as error:
            text = f"{type(error).__name__}: {error}"
            found[n] = [bad(check.name, "failed", check.subject, error=text)]

    threads = [threading.Thread(target=look, args=(n, check), daemon=True) for n, check in enumerate(checks)]
    for thread in threads:
        thread.start()
    until_s = clock.monotonic_s() + deadline_s
    for thread in threads:
        thread.join(max(0.0, until_s - clock.monotonic_s()))
    return [
        finding
        for result, check in zip(tuple(found), checks, strict=True)
        for finding in (result or [bad(check.name, "hangs", check.subject, deadline_s=deadline_s)])
    ]


def worst(findings: Sequence[Finding]) -> Verdict:
    """The worst verdict of all."""
    verdicts = {finding.verdict for finding in findings}
    return next((v for v in (Verdict.BAD, Verdict.WARN) if v in verdicts), Verdict.OK)
