"""A core whose alarm book is lost: made anew where the log still holds everything, refused where it doesn't."""

from pathlib import Path

import pytest
from support.site_builder import build_site

from plant.entries import Tick
from tocsin.book import BookError
from tocsin.configuration import read_configuration
from tocsin.log.layout import BOOK
from tocsin.runtime.core import Core

START_MS = 1_732_190_000_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with ten entries in several segments, and a checkpoint; nobody has it open."""
    build_site(tmp_path / "site", 4, 1)
    core = opened(tmp_path / "data")
    for second in range(1, 10):
        entry = Tick(START_MS + second * 1000)
        core.decide([(core.append([entry]), entry)])
    core.checkpoint()()
    core.close()
    return tmp_path / "data"


def opened(data: Path) -> Core:
    configured = read_configuration(data.parent / "site")
    return Core.open(data, configured, (), START_MS, segment_ms=2000)


def lose_the_book(data: Path) -> None:
    for file in data.glob(f"{BOOK}*"):
        file.unlink()


def test_a_lost_book_is_made_anew_from_a_whole_log(folder: Path) -> None:
    lose_the_book(folder)
    core = opened(folder)
    assert core.restart.checkpoint is None
    assert core.restart.folded == 10
    core.close()


def test_a_lost_book_is_refused_where_the_log_has_dropped_its_beginning(folder: Path) -> None:
    core = opened(folder)
    assert core.journal.drop_before(START_MS + 6000, core.keep_from()).segments
    core.close()
    lose_the_book(folder)
    for _ in range(2):  # a refused start leaves the folder free for the next one
        with pytest.raises(BookError, match="the log begins at"):
            opened(folder)
        lose_the_book(folder)
