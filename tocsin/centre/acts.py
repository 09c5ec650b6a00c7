"""What people ask for goes to the running service. Who may ask is checked before."""

from tocsin.book import BookError
from tocsin.centre.errors import RefusedError, UnavailableError
from tocsin.database import TRY_AGAIN
from tocsin.kafka.errors import KafkaClientError
from tocsin.records import Records, UnansweredError
from tocsin.runtime.acting import ActRequest
from tocsin.runtime.control import Answer, AnyRequest, NotRunningError


class Acts:
    """Thread-safe; blocks until the service has answered. Without a service nothing is recorded, and that is said."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def act(self, request: ActRequest) -> None:
        """An act that becomes an entry of the log. RefusedError with the reason; UnavailableError: not recorded."""
        answer = self.ask(request)
        if answer.refused is not None:
            raise RefusedError(answer.refused)

    def ask(self, request: AnyRequest) -> Answer:
        """Anything else that the service answers. RefusedError for what it can't read; UnavailableError."""
        try:
            answer = self._records.ask(request)
        except UnansweredError as error:
            raise UnavailableError(str(error)) from error
        except (NotRunningError, TimeoutError, OSError, ValueError, KafkaClientError, BookError, *TRY_AGAIN) as error:
            raise UnavailableError(f"nothing was recorded: {error}") from error
        if answer.error is not None:
            raise RefusedError(answer.error)
        return answer
