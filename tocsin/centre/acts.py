"""What people ask for goes to the running service. Who may ask is checked before."""

from pathlib import Path

from tocsin.centre.errors import RefusedError, UnavailableError
from tocsin.runtime.acting import ActRequest
from tocsin.runtime.control import Answer, AnyRequest, NotRunningError, ask


class Acts:
    """Thread-safe; blocks until the service has answered. Without a service nothing is recorded, and that is said."""

    def __init__(self, data: Path) -> None:
        self._data = data

    def act(self, request: ActRequest) -> None:
        """An act that becomes an entry of the log. RefusedError with the reason; UnavailableError: not recorded."""
        answer = self.ask(request)
        if answer.refused is not None:
            raise RefusedError(answer.refused)

    def ask(self, request: AnyRequest) -> Answer:
        """Anything else that the service answers. RefusedError for what it can't read; UnavailableError."""
        try:
            answer = ask(self._data, request)
        except (NotRunningError, TimeoutError, OSError, ValueError) as error:
            raise UnavailableError(f"nothing was recorded: {error}") from error
        if answer.error is not None:
            raise RefusedError(answer.error)
        return answer
