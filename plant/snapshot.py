"""One archive of all files that make up a site, so that a log can name the site it was decided with."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

from plant.site_reader.columns import TABLES

LARGEST_BYTES: Final = 1 << 30
"""What an archive may unpack to."""

_TOP: Final = frozenset({"site.yaml", "routes.yaml", "hazards.csv", *TABLES})
_RULES = re.compile(r"rules/[^/\\\0]+\.yaml")
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


class SnapshotError(ValueError):
    """The bytes are not an archive that `snapshot_site` made."""


def snapshot_site(directory: Path) -> bytes:
    """A zip archive of the site's files: site.yaml, the CSV files, routes.yaml, rules/*.yaml. Same files, same bytes.

    Raises OSError when a file can't be read.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in _names(directory):
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            info.external_attr = 0o644 << 16
            archive.writestr(info, (directory / name).read_bytes())
    return buffer.getvalue()


def snapshot_digest(snapshot: bytes) -> str:
    """The hex SHA-256 of the names and contents in a snapshot. Raises SnapshotError.

    It does not depend on how they were compressed, so two builds of zlib agree on it.
    """
    digest = sha256()
    for name, content in _members(snapshot):
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def snapshot_files(snapshot: bytes) -> dict[str, bytes]:
    """The contents of a snapshot, by name. Raises SnapshotError."""
    return dict(_members(snapshot))


def unpack_snapshot(snapshot: bytes, directory: Path) -> None:
    """Write the files of a snapshot into a new or empty folder. Raises SnapshotError, and OSError where it can't write.

    Only the names of a site folder are written, so no archive can reach outside it.
    """
    members = list(_members(snapshot))
    directory.mkdir(parents=True, exist_ok=True)
    if any(directory.iterdir()):
        raise FileExistsError(f"{directory} is not empty")
    for name, content in members:
        path = directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)


def _names(directory: Path) -> list[str]:
    top = [name for name in _TOP if (directory / name).is_file()]
    rules = [f"rules/{path.name}" for path in (directory / "rules").glob("*.yaml") if path.is_file()]
    return sorted(top + rules)


def _members(snapshot: bytes) -> Iterator[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(snapshot)) as archive:
            infos = archive.infolist()
            if sum(info.file_size for info in infos) > LARGEST_BYTES:
                raise SnapshotError(f"the snapshot holds more than {LARGEST_BYTES} bytes")
            if len({info.filename for info in infos}) < len(infos):
                raise SnapshotError("the snapshot holds a file twice")
            for info in infos:
                if info.filename not in _TOP and not _RULES.fullmatch(info.filename):
                    raise SnapshotError(f"the snapshot holds {info.filename[:80]!r}, which is no file of a site")
                yield info.filename, archive.read(info)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise SnapshotError(f"not a site snapshot: {error}") from error
