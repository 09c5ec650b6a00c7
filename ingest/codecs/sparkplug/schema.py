"""The protobuf messages of Sparkplug B 3.0 (clause 6.4), described in Python: no compiler is needed.

Only what readings need is described. What is not (metadata, templates, data sets, extensions) is passed over by the
parser or kept as bytes that nobody opens, so deeply nested messages cost nothing.
"""

from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

__all__ = ["DecodeError", "Payload"]

_Field = descriptor_pb2.FieldDescriptorProto
_PACKAGE: Final = "tocsin.sparkplug"

_VALUE: Final = {
    "int_value": _Field.TYPE_UINT32,
    "long_value": _Field.TYPE_UINT64,
    "float_value": _Field.TYPE_FLOAT,
    "double_value": _Field.TYPE_DOUBLE,
    "boolean_value": _Field.TYPE_BOOL,
    "string_value": _Field.TYPE_BYTES,
}
"""Members of `oneof value`, in the order of their numbers. Text is kept as bytes: it may not be UTF-8."""


def _add(
    message: descriptor_pb2.DescriptorProto,
    number: int,
    name: str,
    kind: "_Field.Type.ValueType",
    *,
    repeated: bool = False,
    of: str = "",
    oneof: bool = False,
) -> None:
    label = _Field.LABEL_REPEATED if repeated else _Field.LABEL_OPTIONAL
    field = message.field.add(name=name, number=number, type=kind, label=label)
    if of:
        field.type_name = f".{_PACKAGE}.{of}"
    if oneof:
        field.oneof_index = 0


def _property_value() -> descriptor_pb2.DescriptorProto:
    message = descriptor_pb2.DescriptorProto(name="PropertyValue")
    message.oneof_decl.add(name="value")
    _add(message, 1, "type", _Field.TYPE_UINT32)
    _add(message, 2, "is_null", _Field.TYPE_BOOL)
    for number, (name, kind) in enumerate(_VALUE.items(), 3):
        _add(message, number, name, kind, oneof=True)
    return message


def _property_set() -> descriptor_pb2.DescriptorProto:
    message = descriptor_pb2.DescriptorProto(name="PropertySet")
    _add(message, 1, "keys", _Field.TYPE_BYTES, repeated=True)
    _add(message, 2, "values", _Field.TYPE_MESSAGE, repeated=True, of="PropertyValue")
    return message


def _metric() -> descriptor_pb2.DescriptorProto:
    message = descriptor_pb2.DescriptorProto(name="Metric")
    message.oneof_decl.add(name="value")
    _add(message, 1, "name", _Field.TYPE_BYTES)
    _add(message, 2, "alias", _Field.TYPE_UINT64)
    _add(message, 3, "timestamp", _Field.TYPE_UINT64)
    _add(message, 4, "datatype", _Field.TYPE_UINT32)
    _add(message, 5, "is_historical", _Field.TYPE_BOOL)
    _add(message, 6, "is_transient", _Field.TYPE_BOOL)
    _add(message, 7, "is_null", _Field.TYPE_BOOL)
    _add(message, 9, "properties", _Field.TYPE_MESSAGE, of="PropertySet")
    for number, (name, kind) in enumerate(_VALUE.items(), 10):
        _add(message, number, name, kind, oneof=True)
    for number, name in ((16, "bytes_value"), (17, "dataset_value"), (18, "template_value")):
        _add(message, number, name, _Field.TYPE_BYTES, oneof=True)
    return message


def _payload() -> descriptor_pb2.DescriptorProto:
    message = descriptor_pb2.DescriptorProto(name="Payload")
    _add(message, 1, "timestamp", _Field.TYPE_UINT64)
    _add(message, 2, "metrics", _Field.TYPE_MESSAGE, repeated=True, of="Metric")
    _add(message, 3, "seq", _Field.TYPE_UINT64)
    return message


def _payload_class() -> Any:
    file = descriptor_pb2.FileDescriptorProto(name="tocsin/sparkplug.proto", package=_PACKAGE, syntax="proto2")
    file.message_type.extend([_property_value(), _property_set(), _metric(), _payload()])
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.Payload"))


Payload: Final[Any] = _payload_class()
"""The class of a payload. Its members have the names of the specification; text members are bytes."""
