"""The cells of a site's table as they stand in the file, for programs that copy or edit it."""

import csv
import io
from pathlib import Path


def raw_rows(path: Path) -> tuple[list[str], list[list[str]]]:
    """(header, rows that are not blank) of a table that `read_site` accepts."""
    text = path.read_bytes().decode("utf-8-sig")
    rows = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if any(row)]
    return [name.strip() for name in rows[0]], rows[1:]
