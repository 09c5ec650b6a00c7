"""Why something that came in was set aside."""

from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    """The names seen in metrics and in `tocsin quarantine`."""

    UNKNOWN_TOPIC = "unknown_topic"
    """The topic is neither of the native form nor named in points.csv."""
    TOO_LONG = "too_long"
    NOT_UTF8 = "not_utf8"
    NOT_JSON = "not_json"
    WRONG_SHAPE = "wrong_shape"
    """JSON, but not one of the three forms; or one row of a list that is not."""
    UNKNOWN_POINT = "unknown_point"
    FOREIGN_ENTERPRISE = "foreign_enterprise"
    """The point exists, but belongs to another enterprise than the topic's."""
    NUMBER_AS_STRING = "number_as_string"
    WRONG_TYPE = "wrong_type"
    """A value that is neither a number nor null."""
    UNKNOWN_QUALITY = "unknown_quality"
    DUPLICATE_KEY = "duplicate_key"
    """One key stands more than once in one JSON object: nobody can tell which value was meant."""
    MALFORMED = "malformed"
    """No frame or packet of its wire form: wrong start, length or ending."""
    CHECKSUM = "checksum"
    """A frame or packet whose checksum does not fit."""
    UNKNOWN_ALIAS = "unknown_alias"
    """A value under a number whose name its device has not told."""
    UNKNOWN_UNIT = "unknown_unit"
    """A value's unit can't be converted into the point's."""
    NO_SAMPLE = "no_sample"
    """A message that holds no reading where its wire form should hold one."""
    CODEC_FAULT = "codec_fault"
    """A fault of the codec itself. Worth a bug report."""


OF_OTHER_FORMS: Final = frozenset(
    {Reason.MALFORMED, Reason.CHECKSUM, Reason.UNKNOWN_ALIAS, Reason.UNKNOWN_UNIT, Reason.NO_SAMPLE}
)
"""Those that the native form never gives."""
