"""tocsin.toml and TOCSIN_... variables."""

from tocsin.settings.models import (
    BatchSettings,
    HttpSettings,
    JournalSettings,
    MqttSettings,
    Settings,
    settings_schema,
)
from tocsin.settings.reading import PREFIX, read_settings
from tocsin.settings.tcp import TcpSettings

__all__ = [
    "PREFIX",
    "BatchSettings",
    "HttpSettings",
    "JournalSettings",
    "MqttSettings",
    "Settings",
    "TcpSettings",
    "read_settings",
    "settings_schema",
]
