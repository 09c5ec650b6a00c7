"""The core refuses to go on beside a book that has lost what the checkpoints are past."""

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
def core(tmp_path: Path) -> Core:
    build_site(tmp_path / "site", 4, 1)
    return Core.open(tmp_path / "data", read_configuration(tmp_path / "site"), (), START_MS)


def test_a_lost_book_is_refused_and_named(core: Core, tmp_path: Path) -> None:
    core.decide([(core.append([Tick(START_MS + 1000)]), Tick(START_MS + 1000))])
    core.checkpoint()()
    core.close()
    for file in core.data.glob(f"{BOOK}*"):
        file.unlink()
    with pytest.raises(BookError, match="book rebuild"):
        Core.open(core.data, read_configuration(tmp_path / "site"), (), START_MS + 2000)


def test_after_a_refused_start_the_folder_is_free_again(core: Core, tmp_path: Path) -> None:
    core.checkpoint()()
    core.close()
    book = core.data / BOOK
    kept = book.read_bytes()
    book.unlink()
    with pytest.raises(BookError):
        Core.open(core.data, read_configuration(tmp_path / "site"), (), START_MS + 2000)
    for file in core.data.glob(f"{BOOK}*"):
        file.unlink()
    book.write_bytes(kept)
    Core.open(core.data, read_configuration(tmp_path / "site"), (), START_MS + 2000).close()
