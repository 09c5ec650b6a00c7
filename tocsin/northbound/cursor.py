"""How far a receiver has got, and the message that is on its way to it: replaced whole or not at all."""

from pathlib import Path

import msgspec

from tocsin.followers.cursor import replace_file


class Cursor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The receiver has everything up to `after`. `upto` > `after`: a message of what lies between was begun, and
    whatever happens the same one is sent again. `missed` is where the log begins anew for who was away too long.
    """

    after: int
    upto: int = -1
    missed: int | None = None

    @property
    def under_way(self) -> bool:
        return self.upto > self.after


class CursorFile:
    """The file of one receiver."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> Cursor | None:
        """None where there is no file. ValueError if what is there is no cursor."""
        try:
            raw = self._path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            return msgspec.json.decode(raw, type=Cursor)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ValueError(f"{self._path}: not a cursor: {error}") from error

    def save(self, cursor: Cursor) -> None:
        """OSError if there is no room; the old one then stays."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(self._path, msgspec.json.encode(cursor))
