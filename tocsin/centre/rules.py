"""Where the values of a rule in force come from, and what other rules would have done (who sees it: rulebook.py)."""

import threading
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from plant.mistakes import InputError
from rules.schema import Rule
from tocsin.accounts.roles import Permission, Principal
from tocsin.centre.errors import ForbiddenError, RefusedError
from tocsin.centre.grounds import Grounded, Grounds
from tocsin.centre.here import journal_folder
from tocsin.centre.rulebook import Rulebook
from tocsin.centre.sight import demand
from tocsin.configuration import unpack_files
from tocsin.records import Records
from tocsin.whatif.job import MOST_AT_ONCE, Job, Wanted
from tocsin.whatif.origins import Value, placed_rule, values_of


class CentreRules:
    """Thread-safe. `close` ends what-ifs that still run."""

    def __init__(self, records: Records, grounds: Grounds, book: Rulebook) -> None:
        self._records = records
        self._grounds = grounds
        self._book = book
        self._lock = threading.Lock()
        self._jobs: list[Job] = []

    def close(self) -> None:
        with self._lock:
            for job in self._jobs:
                job.cancel()

    def values(self, principal: Principal, rule: str) -> tuple[Value, ...]:
        """Every value of a rule with the file and line, pack or default that it comes from. NotFoundError.

        Which points it applies to is left out for who sees a part of the site: it may name others'.
        """
        self._book.rule(principal, rule)
        now = self._grounds.now()
        whole = now.sight(principal).whole
        return tuple(value for value in _values(now, rule) if whole or not value.path.startswith("applies_to"))

    def what_if(self, principal: Principal, wanted: Wanted) -> Job:
        """Decide recorded readings under other rules, in a process of its own. ValueError: what is wanted is wrong.

        Its figures are of the whole site: so only for who sees it. RefusedError: too many run.
        """
        demand(principal, Permission.WHAT_IF)
        now = self._grounds.now()
        if not now.sight(principal).whole:
            raise ForbiddenError("what other rules would have done is told of the whole site")
        folder = journal_folder(self._records, "a what-if")
        with self._lock:
            self._jobs = [job for job in self._jobs if not job.over.is_set()]
            if len(self._jobs) >= MOST_AT_ONCE:
                raise RefusedError(f"{MOST_AT_ONCE} what-ifs run: ask again when one has ended")
            job = Job(folder, now.configured.stored, wanted)
            self._jobs.append(job)
        return job


def rule_form(rule: Rule) -> dict[str, Any]:
    """A rule as its file has it."""
    form: dict[str, Any] = rule.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return form


def _values(now: Grounded, rule: str) -> tuple[Value, ...]:
    with TemporaryDirectory(prefix="tocsin-rules-") as folder:
        unpack_files(now.configured.stored, Path(folder) / "site")
        try:
            placed, base = placed_rule(Path(folder) / "site", now.site, rule)
        except InputError:  # the pack that it came from is another one in this version
            return ()
        values = tuple(values_of(placed, base, None))
    prefix = f"{folder}/site/"
    return tuple(Value(v.path, v.value, v.origin.removeprefix(prefix)) for v in values)
