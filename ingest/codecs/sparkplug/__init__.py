"""Sparkplug B 3.0, the wire form of industrial edge gateways."""

from ingest.codecs.sparkplug.codec import SparkplugCodec

__all__ = ["SparkplugCodec"]
