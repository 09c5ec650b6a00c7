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

__all__ = [
    "PREFIX",
    "BatchSettings",
    "HttpSettings",
    "JournalSettings",
    "MqttSettings",
    "Settings",
    "read_settings",
    "settings_schema",
]
