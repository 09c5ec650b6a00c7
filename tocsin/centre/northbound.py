"""The feed for the platform above, of what its principal sees."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from tocsin.accounts.roles import Permission, Principal
from tocsin.book import BookError
from tocsin.centre.errors import NotHereError, UnavailableError
from tocsin.centre.grounds import Grounds
from tocsin.centre.sight import demand
from tocsin.database import DATABASE_ERRORS
from tocsin.northbound.feed import GoneError, Item, What
from tocsin.northbound.feeds import OneFeed, feeds_of
from tocsin.records import UNREADABLE, NotInAClusterError, Records

MOST_READINGS: Final = 20_000
_MOST_ENTRIES: Final = 5000


class FeedPage(NamedTuple):
    """What comes next, and up to which position it was looked: go on from there."""

    items: list[Item]
    upto: int


class Northbound:
    """Thread-safe; each call opens what it reads."""

    def __init__(self, records: Records, grounds: Grounds) -> None:
        self._feeds = feeds_of(records)
        self._grounds = grounds

    def end(self, principal: Principal, what: What = "both") -> int:
        """The newest position that can be told of. UnavailableError."""
        demand(principal, Permission.EXPORT)
        with self._open(what) as feed:
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
        with self._open(what) as feed:
            upto = feed.upto(after, _MOST_ENTRIES)
            for item in feed.items(after, what, sees, sight.sees, upto):
                items.append(item)
                count += len(item.readings)
                if count >= MOST_READINGS:
                    return FeedPage(items, item.position)
        return FeedPage(items, max(upto, after))

    @contextmanager
    def _open(self, what: What) -> Iterator[OneFeed]:
        try:
            with self._feeds.open(what) as feed:
                yield feed
        except GoneError:
            raise
        except NotInAClusterError as error:
            raise NotHereError(str(error)) from error
        except (BookError, *DATABASE_ERRORS, *UNREADABLE) as error:
            raise UnavailableError(str(error)) from error
