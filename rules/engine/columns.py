"""Types and small facts shared by the columns of the engine."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]
U32 = NDArray[np.uint32]
I32 = NDArray[np.int32]
U8 = NDArray[np.uint8]
Bool = NDArray[np.bool_]
Index = NDArray[np.intp]

NEVER_MS: Final = 2**62
"""A time that never comes."""

LONG_AGO_MS: Final = -(2**62)
"""A time before all others."""


def to_ms(seconds: float) -> int:
    """Seconds of a setting as whole milliseconds, halves to even (semantics, first paragraph)."""
    return round(seconds * 1000)
