"""Bytes of a file that somebody wrote, to text: UTF-8 or a message that says what to save it as."""

import codecs
from pathlib import Path

from plant.mistakes import Mistake

_UTF16_OR_32 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)


def read_text(path: Path, file: str, mistakes: list[Mistake]) -> str | None:
    """The text of a file without its byte order mark, or None when a mistake (called by the name `file`) was added."""
    if not path.is_file():
        mistakes.append(Mistake(file, 1, "", "is not a file" if path.exists() else "no such file"))
        return None
    try:
        data = path.read_bytes()
    except OSError as error:
        mistakes.append(Mistake(file, 1, "", f"can't be read: {error.strerror}"))
        return None
    return decode(data, file, mistakes)


def decode(data: bytes, file: str, mistakes: list[Mistake]) -> str | None:
    """UTF-8 bytes to text. None when they are something else; the mistake names it and its line."""
    if data.startswith(_UTF16_OR_32):
        mistakes.append(Mistake(file, 1, "", "is UTF-16, save it as UTF-8"))
        return None
    nul = data.find(b"\0")
    if nul >= 0:
        what = "is UTF-16, save it as UTF-8" if _is_utf16(data) else "a NUL byte, allowed is UTF-8 text"
        mistakes.append(Mistake(file, data.count(b"\n", 0, nul) + 1, "", what))
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        mistakes.append(Mistake(file, line, "", _not_utf8(data, error.start)))
        return None


def _is_utf16(data: bytes) -> bool:
    """Whether bytes with NULs look like UTF-16 without a mark: about every second byte of the start is NUL."""
    head = data[:200]
    return max(head[0::2].count(0), head[1::2].count(0)) > len(head) // 4


def _not_utf8(data: bytes, position: int) -> str:
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        text = ""
    # GB18030 accepts a good deal of what is not Chinese at all, so see whether common characters came out.
    foreign = sum(1 for character in text if ord(character) > 127)
    common = (len(text.encode("gb2312", "ignore")) - (len(text) - foreign)) // 2
    if 2 * common > foreign:
        return "is GBK, save it as UTF-8"
    return f"byte 0x{data[position]:02x} is not UTF-8, save the file as UTF-8"
