"""How a service is, by its own word."""

from typing import Any, Final

import httpx
import msgspec

_ASK_S: Final = 1.5


class HealthProbe:
    """Asks the service how it is. Use in one thread."""

    def __init__(self, listen: str) -> None:
        """`listen` is [http] listen of the settings."""
        self._url = f"http://{listen}/readyz"
        self._client = httpx.Client(timeout=_ASK_S, trust_env=False)

    def ask(self) -> dict[str, Any] | None:
        """What /readyz says; None where nobody answers, or nonsense."""
        try:
            return msgspec.json.decode(self._client.get(self._url).content, type=dict[str, Any])
        except (httpx.HTTPError, msgspec.MsgspecError):
            return None

    def close(self) -> None:
        self._client.close()
