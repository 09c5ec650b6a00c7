"""Addresses of pages about places (pure)."""

from urllib.parse import quote, urlencode


def enterprise_page(enterprise: str) -> str:
    return f"/enterprises/{quote(enterprise, safe='')}"


def unit_page(unit: str) -> str:
    return f"/units/{quote(unit, safe='')}"


def point_page(point: str) -> str:
    return f"/points/{quote(point, safe='')}"


def alarm_page(alarm: str) -> str:
    return f"/alarms/{quote(alarm, safe='')}"


def board_of(kind: str, place: str) -> str:
    """The alarm board, narrowed to an enterprise or a unit."""
    return f"/?{urlencode({'place': f'{kind[0]}:{place}'})}"


def camera_page(camera: str | None) -> str | None:
    """The address of a camera's pictures, if it is one that a browser may be sent to."""
    return camera if camera is not None and camera.startswith(("http://", "https://")) else None
