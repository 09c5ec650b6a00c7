"""Logs to stderr: for people on a terminal, as JSON Lines otherwise; secrets and phone numbers masked in both."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

from tocsin.observe.masking import mask

_CHATTY = ("gmqtt", "httpx", "httpcore")
"""Libraries that tell of every connection and request; what matters of that is told by us."""


def mask_event(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: masks every value. Comes after tracebacks were made text, and before rendering."""
    for key, value in event.items():
        event[key] = value if key.startswith("_") else mask(value, key)
    return event


def set_up_logs(level: str = "INFO", stream: TextIO | None = None, human: bool | None = None) -> None:
    """Send structlog and the standard library's logging, libraries' included, to `stream` (default stderr).

    `human` None asks whether the stream is a terminal. May be called again; the last call counts.
    ValueError for an unknown level.
    """
    out = stream if stream is not None else sys.stderr
    people = out.isatty() if human is None else human
    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None:
        raise ValueError(f"no log level {level!r}; there are DEBUG, INFO, WARNING, ERROR, CRITICAL")
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=out.isatty())
        if people
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, mask_event, renderer],
        )
    )
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(number)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(number, logging.WARNING))
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(number),
        cache_logger_on_first_use=False,
    )
