"""The four colours on a terminal."""

from typing import Final

SEVERITY_STYLES: Final = {
    "red": "bold white on red",
    "orange": "bold black on dark_orange",
    "yellow": "black on yellow",
    "blue": "white on blue",
}
