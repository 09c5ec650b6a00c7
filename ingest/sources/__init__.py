"""MQTT sources. `make_source` is all that others need."""

from typing import Final, Literal, get_args

from ingest.source import OnMessage, OnState, Source, SourceSettings

Adapter = Literal["gmqtt", "paho"]

ADAPTERS: Final[tuple[Adapter, ...]] = get_args(Adapter)
DEFAULT_ADAPTER: Final[Adapter] = "gmqtt"


def make_source(adapter: Adapter, settings: SourceSettings, on_message: OnMessage, on_state: OnState) -> Source:
    """A source that has not been started. ValueError if adapter or settings can't work."""
    # Imported here: who runs one of them need not load the other.
    if adapter == "gmqtt":
        from ingest.sources.gmqtt_source import GmqttSource

        return GmqttSource(settings, on_message, on_state)
    if adapter == "paho":
        from ingest.sources.paho_source import PahoSource

        return PahoSource(settings, on_message, on_state)
    raise ValueError(f"adapter {adapter!r}: {' or '.join(ADAPTERS)}")
