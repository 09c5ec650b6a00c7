"""Rows added to points.csv as a careful person would: nothing else in the file changes."""

import csv
import io
import shutil
from collections.abc import Sequence
from difflib import unified_diff
from pathlib import Path
from tempfile import TemporaryDirectory

from plant.site_reader.columns import TABLES
from tocsin.configuration import Configured, read_configuration
from tocsin.log.files import write_atomically

FILE = "points.csv"


def with_rows(text: str, rows: Sequence[dict[str, str]]) -> str:
    """The text of points.csv with rows at its end, in its own column order and line endings.

    A column that the rows need and the file lacks is added to the header; then every row gets a cell more.
    """
    end = "\r\n" if "\r\n" in text else "\n"
    table = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    header = [name.strip() for name in table[0]]
    needed = [c.name for c in TABLES[FILE] if any(row.get(c.name) for row in rows) and c.name not in header]
    if needed:
        kept = [row for row in table[1:] if any(row)]
        text = _lines([[*table[0], *needed], *([*row, *([""] * len(needed))] for row in kept)], end)
    if text and not text.endswith(("\n", "\r")):
        text += end
    return text + _lines([[row.get(name, "") for name in [*header, *needed]] for row in rows], end)


def shown_change(before: str, after: str) -> str:
    """The change as a unified diff."""
    return "\n".join(unified_diff(before.splitlines(), after.splitlines(), FILE, f"{FILE} (new)", lineterm="", n=1))


def read_points_file(directory: Path) -> str:
    return (directory / FILE).read_bytes().decode("utf-8-sig")


def try_change(directory: Path, after: str) -> Configured:
    """The configuration as it would be. InputError with every mistake; the folder stays as it is."""
    with TemporaryDirectory(prefix="tocsin-site-") as folder:
        trial = Path(folder) / "site"
        shutil.copytree(directory, trial)
        (trial / FILE).write_bytes(after.encode())
        return read_configuration(trial)


def write_change(directory: Path, after: str) -> None:
    """Replace the file, whole or not at all; a byte order mark stays."""
    path = directory / FILE
    mark = b"\xef\xbb\xbf" if path.read_bytes().startswith(b"\xef\xbb\xbf") else b""
    write_atomically(path, [mark + after.encode()])


def _lines(rows: Sequence[Sequence[str]], end: str) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=end).writerows(rows)
    return text.getvalue()
