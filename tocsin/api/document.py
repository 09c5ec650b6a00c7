"""The OpenAPI document of the API, without a site or a service."""

from pathlib import Path
from typing import Any

from tocsin.api.app import make_api
from tocsin.centre.centre import Centre
from tocsin.clock import SystemClock
from tocsin.settings import Settings


def api_document() -> dict[str, Any]:
    """What /api/v1/openapi.json answers."""
    centre = Centre.of(Settings(site=Path("site")), SystemClock())
    return make_api(centre).openapi()
