"""Why alarms were raised, decided again from the log: seconds of work, so done once for all who ask."""

import threading
from collections import OrderedDict
from typing import Final

from tocsin.accounts.roles import Principal
from tocsin.book import BookError
from tocsin.centre.alarms import Alarms
from tocsin.centre.errors import NotFoundError, UnavailableError
from tocsin.database import DATABASE_ERRORS
from tocsin.explain.explain import Explained, explain
from tocsin.records import UNREADABLE, Records
from tocsin.whatif.recording import Advance

_KEPT: Final = 32
_Key = tuple[str, int]
"""An alarm and how many events it had: with another event there is more to explain."""


class Explanations:
    """Thread-safe; blocks, possibly for seconds. One is made at a time: screens must not slow each other down."""

    def __init__(self, records: Records, alarms: Alarms) -> None:
        self._records = records
        self._alarms = alarms
        self._making = threading.Lock()
        self._kept: OrderedDict[_Key, Explained] = OrderedDict()

    def of(self, principal: Principal, alarm: str, advance: Advance = lambda done, total: None) -> Explained:
        """All that is known of why. `advance(done, total)` is told how far it is. NotFoundError; UnavailableError."""
        key = (alarm, self._alarms.whole(principal, alarm).record.events)
        with self._making:
            found = self._kept.get(key)
            if found is None:
                found = self._kept[key] = self._make(alarm, advance)
            self._kept.move_to_end(key)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            return found

    def _make(self, alarm: str, advance: Advance) -> Explained:
        try:
            return explain(self._records, alarm, advance)
        except LookupError as error:
            raise NotFoundError(str(error)) from error
        except (BookError, *DATABASE_ERRORS, *UNREADABLE) as error:
            raise UnavailableError(str(error)) from error
