"""`tocsin init`: a commented example site to start from."""

from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from plant.mistakes import InputError, Mistake


def write_example(directory: Path, force: bool = False) -> list[Path]:
    """Write the example site into a folder (made if needed); returns the files written.

    A folder that holds anything is refused (InputError) unless `force`; then files of the same names are replaced and
    all others stay.
    """
    if directory.exists() and not directory.is_dir():
        raise InputError([Mistake(str(directory), 1, "", "is a file, a folder is needed")])
    if not force and directory.exists() and any(directory.iterdir()):
        raise InputError([Mistake(str(directory), 1, "", "is not empty; an empty folder is needed, or --force")])
    written: list[Path] = []
    _copy(resources.files("tocsin.init") / "example", directory, written)
    return sorted(written)


def _copy(source: Traversable, target: Path, written: list[Path]) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for item in source.iterdir():
        if item.is_dir():
            _copy(item, target / item.name, written)
        else:
            (target / item.name).write_bytes(item.read_bytes())
            written.append(target / item.name)
