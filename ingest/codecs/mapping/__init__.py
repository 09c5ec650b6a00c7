"""Messages of any other JSON form, described in a YAML file."""

from ingest.codecs.mapping.codec import MappingCodec
from ingest.codecs.mapping.reader import read_mapping
from ingest.codecs.mapping.schema import mapping_schema

__all__ = ["MappingCodec", "mapping_schema", "read_mapping"]
