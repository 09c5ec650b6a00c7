"""Reports over a period, narrowed to what the person sees."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, Literal

from alerts.kpi.assessment import WEIGHTS
from plant.mistakes import InputError
from tocsin.accounts.roles import Permission, Principal
from tocsin.book import BookError
from tocsin.centre.errors import ForbiddenError, NotFoundError, RefusedError, UnavailableError
from tocsin.centre.grounds import Grounds
from tocsin.centre.sight import demand
from tocsin.clock import Clock
from tocsin.log.errors import LogCorruptError
from tocsin.records import Records
from tocsin.reports.gather import NAMES, Asked, Made, Name, ask, head, make
from tocsin.reports.outputs import to_csv, write_xlsx
from tocsin.reports.page import report_page
from tocsin.reports.scope import Scope

_AT_ONCE: Final = 2
_WAIT_S: Final = 20.0
Advance = Callable[[float, float], None]


@dataclass(frozen=True, slots=True)
class MadeReports:
    """What was asked for and the reports that were made of it, at `made_at_ms`."""

    asked: Asked
    made: tuple[Made, ...]
    made_at_ms: int

    def form(self) -> dict[str, Any]:
        """As `tocsin report ... --json` gives it; figures are structs that msgspec encodes."""
        return {
            "from_ms": self.asked.period.from_ms,
            "until_ms": self.asked.period.until_ms,
            "scope": self.asked.scope.words,
            **{one.name: one.figures if one.figures is not None else {"why_not": one.why_not} for one in self.made},
        }

    def csv(self, lang: Literal["zh", "en"]) -> str:
        """One figure a line."""
        return to_csv([sheet for one in self.made if one.figures for sheet in one.sheets(self.asked, lang)])

    def xlsx(self, name: str, lang: Literal["zh", "en"]) -> bytes:
        """An Excel workbook. ValueError where the extra `excel` is not installed."""
        sheets = [sheet for one in self.made if one.figures for sheet in one.sheets(self.asked, lang)]
        with TemporaryDirectory(prefix="tocsin-report-") as folder:
            file = Path(folder) / f"{name}.xlsx"
            try:
                write_xlsx(sheets, file, self.head(name, lang))
            except InputError as error:
                raise ValueError(str(error)) from error
            return file.read_bytes()

    def page(self, lang: Literal["zh", "en"]) -> str:
        """A page to print. ValueError where the extra `reports` is not installed."""
        return report_page(self.asked, list(self.made), self.made_at_ms, lang)

    def head(self, name: str, lang: Literal["zh", "en"]) -> list[tuple[str, str]]:
        """(id, words) of title, site, period, scope, and when it was made."""
        return head(self.asked, name, self.made_at_ms, lang)


class CentreReports:
    """Thread-safe. Each may read a month of the journal: two at a time, others wait; so ask in a worker thread."""

    def __init__(self, records: Records, grounds: Grounds, clock: Clock) -> None:
        self._records = records
        self._grounds = grounds
        self._clock = clock
        self._turn = threading.BoundedSemaphore(_AT_ONCE)

    def make(
        self,
        principal: Principal,
        names: Sequence[Name] = NAMES,
        *,
        month: str | None = None,
        since: str | None = None,
        until: str | None = None,
        region: str | None = None,
        park: str | None = None,
        enterprise: str | None = None,
        consoles: int = 1,
        weights: Mapping[str, float] = WEIGHTS,
        advance: Advance = lambda done, total: None,
    ) -> MadeReports:
        """The reports of these names. Without a period it is the last full month.

        ValueError for a period that is none; NotFoundError: no enterprise in sight lies there; RefusedError: too many
        reports are being made; UnavailableError.
        """
        demand(principal, Permission.EXPORT)
        now_ms = self._clock.now_ms()
        if not self._turn.acquire(timeout=_WAIT_S):
            raise RefusedError("other reports are being made: ask again in a moment")
        try:
            asked = ask(
                self._records,
                now_ms,
                month=month,
                since=since,
                until=until,
                region=region,
                park=park,
                enterprise=enterprise,
                consoles=consoles,
                weights=dict(weights),
            )
            asked = replace(asked, scope=self._narrowed(principal, asked.scope))
            return MadeReports(asked, tuple(make(asked, names, advance)), now_ms)
        except LookupError as error:
            raise NotFoundError(str(error.args[0] if error.args else error)) from error
        except (BookError, LogCorruptError, OSError) as error:
            raise UnavailableError(str(error)) from error
        finally:
            self._turn.release()

    def _narrowed(self, principal: Principal, scope: Scope) -> Scope:
        sight = self._grounds.now().sight(principal)
        if sight.whole:
            return scope
        seen = scope.enterprises & sight.enterprises
        if not sight.enterprises:
            raise ForbiddenError("there is no enterprise in your scope")
        if not seen:
            raise NotFoundError(f"no enterprise of the site lies in {scope.words}")
        own = f"{principal.scope.kind} {principal.scope.id}".strip()
        # Words are never empty here: a report of all counts what belongs to no enterprise, too.
        return Scope(seen, ", ".join(filter(None, (scope.words, own))))
