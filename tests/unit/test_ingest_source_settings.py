"""Settings with which no source could work are refused when it is made."""

from typing import Any

import pytest

from ingest.source import SourceSettings
from ingest.sources import ADAPTERS, Adapter, make_source


@pytest.mark.parametrize(
    "wrong",
    [{"qos": 2}, {"protocol": 3}, {"subscribe": ()}, {"client_id": ""}, {"client_id": "警钟"}],
    ids=str,
)
@pytest.mark.parametrize("adapter", ADAPTERS)
def test_settings_that_cannot_work_are_refused(adapter: Adapter, wrong: dict[str, Any]) -> None:
    given: dict[str, Any] = {"name": "x", "host": "127.0.0.1", "port": 1, "subscribe": ("a",), **wrong}
    with pytest.raises(ValueError, match=next(iter(wrong))):
        make_source(adapter, SourceSettings(**given), lambda *_: None, lambda *_: None)
