"""The CRC of HJ 212 (appendix A): a CRC-16 with polynomial A001 that keeps only the high byte from step to step.

It is not the CRC-16 of Modbus, though the polynomial is the same: the next byte goes into the high byte of the
register, and the low byte is lost. So the register is eight bits wide between two bytes, and each step is linear:
a packet is summed as the XOR of one table cell for each byte, by its place from the end.
"""

from typing import Final

import numpy as np

_BLOCK: Final = 1_024
"""Bytes summed at once: the longest data segment of the standard."""


def _shifted(register: int) -> int:
    for _ in range(8):
        register = register >> 1 ^ 0xA001 if register & 1 else register >> 1
    return register


_STEP: Final = [_shifted(register) for register in range(256)]
_HIGH: Final = np.array(_STEP, np.uint16) >> 8


def _by_place() -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    """Cell 256 * k + b: what a byte b with k bytes after it adds to the register before the last step."""
    rows = [np.arange(256, dtype=np.uint8)]
    for _ in range(_BLOCK - 1):
        rows.append(_HIGH[rows[-1]].astype(np.uint8))
    return np.concatenate(rows)


_CELLS: Final = _by_place()
_ROWS: Final = np.arange(_BLOCK - 1, -1, -1) * 256


def crc(data: bytes) -> int:
    """The CRC of a data segment, 16 bits."""
    register = 0xFFFF
    for at in range(0, len(data), _BLOCK):
        block = data[at : at + _BLOCK]
        cells = _CELLS.take(np.frombuffer(block, np.uint8) + _ROWS[-len(block) :])
        start = _CELLS[256 * (len(block) - 1) + (register >> 8)]
        register = _STEP[int(np.bitwise_xor.reduce(cells) ^ start)]
    return register
