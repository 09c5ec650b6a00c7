"""HJ 212-2017, the wire form of data loggers of emission monitoring."""

from ingest.codecs.hj212.codec import Hj212Codec

__all__ = ["Hj212Codec"]
