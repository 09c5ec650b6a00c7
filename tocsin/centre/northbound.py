"""The feed for the platform above, of what its principal sees."""

from typing import Final, NamedTuple

from tocsin.accounts.roles import Permission, Principal
from tocsin.book import BookError
from tocsin.centre.errors import UnavailableError
from tocsin.centre.grounds import Grounds
from tocsin.centre.here import journal_folder
from tocsin.centre.sight import demand
from tocsin.log.errors import LogCorruptError
from tocsin.northbound.feed import Feed, Item, What
from tocsin.records import Records

MOST_READINGS: Final = 20_000
_MOST_ENTRIES: Final = 5000


class FeedPage(NamedTuple):
    """What comes next, and up to which position it was looked: go on from there."""

    items: list[Item]
    upto: int


class Northbound:
    """Thread-safe; each call opens what it reads."""

    def __init__(self, records: Records, grounds: Grounds) -> None:
        self._records = records
        self._grounds = grounds

    def end(self, principal: Principal) -> int:
        """The newest position that can be told of."""
        demand(principal, Permission.EXPORT)
        with self._open() as feed:
            return feed.end() - 1

    def page(self, principal: Principal, after: int, what: What) -> FeedPage:
        """What lies behind the position `after`. GoneError: it is kept no longer; UnavailableError."""
        demand(principal, Permission.EXPORT)
        now = self._grounds.now()
        sight, points = now.sight(principal), now.site.points

        def sees(point: str) -> bool:
            found = points.get(point)
            return sight.whole if found is None else sight.sees(found.enterprise)

        items, count = [], 0
        with self._open() as feed:
            upto = min(feed.end() - 1, after + _MOST_ENTRIES)
            try:
                for item in feed.items(after, what, sees, sight.sees, upto):
                    items.append(item)
                    count += len(item.readings)
                    if count >= MOST_READINGS:
                        return FeedPage(items, item.position)
            except (BookError, LogCorruptError, OSError) as error:
                raise UnavailableError(str(error)) from error
        return FeedPage(items, max(upto, after))

    def _open(self) -> Feed:
        try:
            return Feed(journal_folder(self._records, "the feed for the platform above"))
        except (BookError, LogCorruptError, OSError) as error:
            raise UnavailableError(str(error)) from error
