"""Reads a feed from a file, whichever form it has."""

from pathlib import Path

from ingest.feed.csv_reader import Progress, read_csv
from ingest.feed.feed import Feed
from ingest.feed.parquet_reader import read_parquet
from ingest.feed.problems import Problems
from ingest.feed.rows import Options
from plant.mistakes import InputError, Mistake
from plant.registry import PointRegistry


def read_feed(
    path: Path, registry: PointRegistry, skip_unknown: bool = False, progress: Progress = lambda done, total: None
) -> Feed:
    """Read CSV (.csv, or .gz of it) or Parquet (.parquet) into a feed in replay order (semantics 1.3).

    `registry` numbers the points that are known; rows of others are mistakes, or left out and counted with
    `skip_unknown`. `progress` is told how much of the file is done. Raises InputError with the first thousand mistakes,
    each with its line, and the number of the others.
    """
    problems = Problems(str(path))
    options = Options(registry, skip_unknown, problems)
    read = read_parquet if path.suffix == ".parquet" else read_csv
    try:
        feed = read(path, options, progress)
    except FileNotFoundError:
        raise InputError([Mistake(str(path), 1, "", "no such file")]) from None
    except OSError as error:
        raise InputError([Mistake(str(path), 1, "", f"can't be read: {error.strerror or error}")]) from None
    problems.raise_if_any()
    return feed.in_order()
