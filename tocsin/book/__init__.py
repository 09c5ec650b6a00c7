"""The alarm book: alarms, their events and the notices owed, a projection of the log."""

from tocsin.book.differences import books_differ
from tocsin.book.outbox import Backlog, DeadLetter, Delivery, Outbox
from tocsin.book.reader import BookedAction, BookedEvent, BookReader, RefusedEvent
from tocsin.book.rebuild import Commit, rebuild
from tocsin.book.results import Refusal
from tocsin.book.schema import BookError
from tocsin.book.writer import AlarmBook, Committed

__all__ = [
    "AlarmBook",
    "Backlog",
    "BookError",
    "BookReader",
    "BookedAction",
    "BookedEvent",
    "Commit",
    "Committed",
    "DeadLetter",
    "Delivery",
    "Outbox",
    "Refusal",
    "RefusedEvent",
    "books_differ",
    "rebuild",
]
