"""Payloads that no device should send, and some do. For codec tests and for the live service alike."""

from typing import Final

TOPIC: Final = "tocsin/v1/E1/D1/up"
"""Of a site where `GOOD_KEY` is a point of E1, and `FOREIGN_KEY` one of another enterprise."""
GOOD_KEY: Final = "E1-P1"
FOREIGN_KEY: Final = "E2-P1"

_K = GOOD_KEY.encode()
_OPEN = b'{"ts":1732190000123,"values":{'
_WHOLE = _OPEN + b'"' + _K + b'":12.5}}'

UNREADABLE: Final[dict[str, bytes]] = {
    "empty": b"",
    "blank": b"  \r\n ",
    "binary": bytes(range(256)),
    "zeros": b"\x00" * 64,
    "hj212": b"##0101QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&&&1C80\r\n",
    "truncated": _WHOLE[:-1],
    "truncated in a key": _WHOLE[:35],
    "trailing comma": _WHOLE[:-2] + b",}}",
    "two documents": _WHOLE + _WHOLE,
    "single quotes": _WHOLE.replace(b'"', b"'"),
    "utf-16": _WHOLE.decode().encode("utf-16"),
    "invalid utf-8 and no JSON": b'{"values":{"\xff\xfe',
    "number": b"12.5",
    "string": b'"hello"',
    "true": b"true",
    "null": b"null",
    "object of nothing": b"{}",
    "values missing": b'{"ts":1732190000123}',
    "values is a list": b'{"values":[1,2,3]}',
    "values is a number": b'{"values":1}',
    "values is null": b'{"values":null}',
    "values twice": b'{"values":{"' + _K + b'":1},"values":{"' + _K + b'":2}}',
    "r is an object": b'{"r":{"a":1}}',
    "r is text": b'{"r":"abc"}',
    "r of numbers": b'{"r":[1,2,3]}',
    "r of short rows": b'{"r":[["' + _K + b'"],["' + _K + b'",1]]}',
    "r of long rows": b'{"r":[["' + _K + b'",1,2,"good",5]]}',
    "r of number keys": b'{"r":[[5,1,2]]}',
    "list of numbers": b"[1,2,3]",
    "list of lists": b"[[1,2],[3]]",
    "deep lists": b"[" * 100_000,
    "deep closed lists": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"values":' * 50_000,
    "deep value": _OPEN + b'"' + _K + b'":' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
    "10 MB": _OPEN + b'"' + _K + b'":"' + b"x" * (10 << 20) + b'"}}',
}
"""No reading can be had from these, and something is set aside."""

WITH_ONE_READING: Final[dict[str, bytes]] = {
    "whole": _WHOLE,
    "byte order mark": b"\xef\xbb\xbf" + _WHOLE,
    "NaN": _WHOLE.replace(b"12.5", b"NaN"),
    "Infinity": _WHOLE.replace(b"12.5", b"-Infinity"),
    "null": _WHOLE.replace(b"12.5", b"null"),
    "empty text": _WHOLE.replace(b"12.5", b'""'),
    "beyond binary64": _WHOLE.replace(b"12.5", b"1e400"),
    "10,000 digits": _WHOLE.replace(b"12.5", b"9" * 10_000),
    "tiny": _WHOLE.replace(b"12.5", b"1e-400"),
    "year 2200": _WHOLE.replace(b"1732190000123", b"7258118400000"),
    "year 1970": _WHOLE.replace(b"1732190000123", b"0"),
    "seconds instead of ms": _WHOLE.replace(b"1732190000123", b"1732190000"),
    "negative time": _WHOLE.replace(b"1732190000123", b"-1"),
    "time beyond int64": _WHOLE.replace(b"1732190000123", b"9223372036854775808"),
    "time is our own mark": _WHOLE.replace(b"1732190000123", b"-9223372036854775808"),
    "time of 10,000 digits": _WHOLE.replace(b"1732190000123", b"1" * 10_000),
    "time 1e400": _WHOLE.replace(b"1732190000123", b"1e400"),
    "time NaN": _WHOLE.replace(b"1732190000123", b"NaN"),
    "time is text": _WHOLE.replace(b"1732190000123", b'"abc"'),
    "time is true": _WHOLE.replace(b"1732190000123", b"true"),
    "time is a list": _WHOLE.replace(b"1732190000123", b"[1]"),
    "time is null": _WHOLE.replace(b"1732190000123", b"null"),
    "time is missing": _WHOLE.replace(b'"ts":1732190000123,', b""),
    "time twice": _WHOLE.replace(b'"ts":1732190000123,', b'"ts":1,"ts":2,'),
    "number as text beside": _WHOLE.replace(b"12.5", b'12.5,"b":"7.5"'),
    "true beside": _WHOLE.replace(b"12.5", b'12.5,"b":true'),
    "object beside": _WHOLE.replace(b"12.5", b'12.5,"b":{"c":1}'),
    "unknown point beside": _WHOLE.replace(b"12.5", b'12.5,"b":1'),
    "foreign point beside": _WHOLE.replace(b"12.5", b'12.5,"' + FOREIGN_KEY.encode() + b'":1'),
    "key twice beside": _WHOLE.replace(b"12.5", b'12.5,"b":1,"b":2'),
    "key twice, an escaped colon hides it": _WHOLE.replace(b"12.5", rb'12.5,"b\u003a":1,"c:":1,"c:":2'),
    "invalid UTF-8 beside": _WHOLE.replace(b"12.5", b'12.5,"\xff\xfe":1'),
    "lone surrogate beside": _WHOLE.replace(b"12.5", rb'12.5,"\ud800":1'),
    "control characters beside": _WHOLE.replace(b"12.5", rb'12.5,"\u0000\u001b[31m":1'),
    "empty key beside": _WHOLE.replace(b"12.5", b'12.5,"":1'),
    "other members": _WHOLE[:-1] + b',"seq":5,"fw":{"v":"1.2"}}',
    "rows": b'{"r":[["' + _K + b'",1732190000123,12.5]]}',
    "rows, one broken": b'{"r":[["' + _K + b'",1732190000123,12.5],7,["' + _K + b'"]]}',
    "rows, quality unknown": b'{"r":[["' + _K + b'",1732190000123,12.5],["' + _K + b'",1732190000124,12.5,"great"]]}',
    "list, one broken": b"[" + _WHOLE + b',5,{"ts":1}]',
}
"""Exactly one reading, of `GOOD_KEY`, comes out; what is beside it is set aside or has no meaning."""


def payloads() -> list[bytes]:
    """All of them."""
    return [*UNREADABLE.values(), *WITH_ONE_READING.values()]
