"""Points found by (device, key), for topics that many devices share."""


class DevicePoints:
    """The points that points.csv gives one device. Devices of two enterprises may share a name."""

    __slots__ = ("_points",)

    def __init__(self) -> None:
        self._points: dict[str, list[tuple[int, str]]] = {}

    def add(self, key: str, number: int, enterprise: str) -> None:
        self._points.setdefault(key, []).append((number, enterprise))

    def find(self, key: str, enterprise: str) -> int | None:
        """The only point under a key; of any enterprise where `enterprise` is ""."""
        found = [number for number, owner in self._points.get(key, ()) if enterprise in ("", owner)]
        return found[0] if len(found) == 1 else None

    def all_of(self, enterprise: str) -> list[int]:
        return [number for points in self._points.values() for number, owner in points if enterprise in ("", owner)]
