"""GB/T 26875.3-2011, the wire form of fire-alarm transmission devices."""

from ingest.codecs.gb26875.codec import Gb26875Codec

__all__ = ["Gb26875Codec"]
