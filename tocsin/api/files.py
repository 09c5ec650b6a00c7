"""Files that people send: what they are by their first bytes, and only kinds that evidence is made of."""

from typing import IO, Final

from tocsin.api.problems import ProblemError
from tocsin.evidence import LARGEST_BYTES

_CHUNK: Final = 1 << 20
_HEAD: Final = 32

_BEGINS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"PK\x03\x04", "application/zip"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
)
_BRANDS: Final = {b"heic": "image/heic", b"heix": "image/heic", b"mif1": "image/heif", b"avif": "image/avif"}
_TEXTS: Final = {"txt": "text/plain", "csv": "text/csv", "log": "text/plain", "json": "application/json"}


def kind_of(file: IO[bytes], name: str) -> str:
    """The media type of a file. Answers 415 for what no evidence is made of: programs, pages that run scripts."""
    head = file.read(_HEAD)
    file.seek(0)
    for begin, kind in _BEGINS:
        if head.startswith(begin):
            return kind
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "video/mp4")
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/avi"}.get(head[8:12], "video/avi")
    text = _TEXTS.get(name.rpartition(".")[2].lower())
    if text is not None and b"\0" not in head:
        return text
    raise ProblemError(415, "the file is none of: photo, film, sound, PDF, zip, txt, csv, log, json", "file-kind")


def copied(file: IO[bytes], to: IO[bytes]) -> None:
    """Copy a file that was sent. Answers 413 beyond what a piece of evidence may have."""
    length = 0
    while chunk := file.read(_CHUNK):
        length += len(chunk)
        if length > LARGEST_BYTES:
            raise ProblemError(413, f"the file is larger than {LARGEST_BYTES} bytes")
        to.write(chunk)
    to.flush()
