"""A page of many rows, by number and by what is searched for; both stand in the address (pure)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple, TypeVar
from urllib.parse import urlencode

_T = TypeVar("_T")

ROWS: Final = 100
_LONGEST: Final = 100


class Paging(NamedTuple):
    """`first` to `last` of `total`, from 1; `before` and `after` are queries of the pages beside it."""

    text: str
    first: int
    last: int
    total: int
    before: str | None
    after: str | None


def paged(
    items: Sequence[_T], query: Mapping[str, str], text_of: Callable[[_T], str], most: int = ROWS
) -> tuple[list[_T], Paging]:
    """The rows that `?q=...&page=...` asks for. A page beyond the last is the last."""
    text = query.get("q", "").strip()[:_LONGEST]
    words = text.lower().split()
    found = [item for item in items if all(word in text_of(item).lower() for word in words)] if words else list(items)
    wanted = query.get("page", "1")
    pages = max(1, -(-len(found) // most))
    number = min(max(int(wanted), 1), pages) if wanted.isascii() and wanted.isdigit() and len(wanted) < 9 else 1
    rows = found[(number - 1) * most : number * most]

    def at(page: int) -> str | None:
        if not 1 <= page <= pages:
            return None
        return "?" + urlencode({"q": text, "page": page} if text else {"page": page})

    first = (number - 1) * most + 1 if rows else 0
    paging = Paging(text, first, first + len(rows) - 1 if rows else 0, len(found), at(number - 1), at(number + 1))
    return rows, paging
