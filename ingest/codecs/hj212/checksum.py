"""The CRC of HJ 212 (appendix A): a CRC-16 with polynomial A001 that keeps only the high byte from step to step.

It is not the CRC-16 of Modbus, though the polynomial is the same: the next byte goes into the high byte of the
register, and the low byte is lost. So the register is eight bits wide between two bytes, and each step is linear:
a packet is summed as the XOR of one table cell for each byte, by its place from the end.
"""

from typing import Final

import numpy as np

_TABLED: Final = 1_024
"""The longest data segment of the standard; longer ones are summed byte by byte."""


def _shifted(register: int) -> int:
    for _ in range(8):
        register = register >> 1 ^ 0xA001 if register & 1 else register >> 1
    return register


_STEP: Final = [_shifted(register) for register in range(256)]
_HIGH: Final = np.array(_STEP, np.uint16) >> 8


def _by_place() -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    """Cell 256 * k + b: what a byte b with k bytes after it adds to the register before the last step."""
    rows = [np.arange(256, dtype=np.uint8)]
    for _ in range(_TABLED - 1):
        rows.append(_HIGH[rows[-1]].astype(np.uint8))
    return np.concatenate(rows)


_CELLS: Final = _by_place()
_ROWS: Final = np.arange(_TABLED - 1, -1, -1) * 256


def crc(data: bytes) -> int:
    """The CRC of a data segment, 16 bits."""
    length = len(data)
    if not 0 < length <= _TABLED:
        register = 0xFFFF
        for byte in data:
            register = _STEP[register >> 8 ^ byte]
        return register
    cells = _CELLS.take(np.frombuffer(data, np.uint8) + _ROWS[-length:])
    start = _CELLS[256 * (length - 1) + 0xFF]
    return _STEP[int(np.bitwise_xor.reduce(cells) ^ start)]
