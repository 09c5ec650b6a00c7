"""Pictures made small: 256 colours at most, which pages rarely exceed."""

from io import BytesIO
from typing import Final

from PIL import Image

LARGEST_BYTES: Final = 120_000
"""Of one that stands in the docs."""
_COLOURS: Final = (256, 128, 64)


def small(png: bytes, largest: int = LARGEST_BYTES) -> bytes:
    """The picture with as many colours as fit. ValueError where it is too large even with the fewest."""
    image = Image.open(BytesIO(png)).convert("RGB")
    for colours in _COLOURS:
        out = BytesIO()
        reduced = image.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        reduced.save(out, "PNG", optimize=True)
        if out.tell() <= largest:
            return out.getvalue()
    raise ValueError(f"{out.tell()} bytes with {_COLOURS[-1]} colours, allowed are {largest}")
