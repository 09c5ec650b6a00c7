"""Acts that people ask for on a page: done in a worker thread, and what became of it is told."""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from nicegui import ui

from tocsin.accounts.roles import Principal
from tocsin.centre.errors import ForbiddenError, NotFoundError, RefusedError, UnavailableError
from tocsin.console.desk.words import DESK
from tocsin.console.page import PageContext, SignedOutError
from tocsin.console.shell_words import SHELL

P = ParamSpec("P")
R = TypeVar("R")


async def tried(
    context: PageContext,
    said: str,
    method: Callable[Concatenate[Principal, P], R],
    *args: P.args,
    **kwargs: P.kwargs,
) -> bool:
    """Whether it was done. `said` is told where it was, else why not. Reasons stand as the service gives them."""
    desk, shell = DESK.said(context.language), SHELL.said(context.language)
    try:
        await context.ask(method, *args, **kwargs)
    except (RefusedError, ValueError) as error:
        _tell(desk("refused", reason=error), "warning")
    except UnavailableError:
        _tell(desk["unavailable"], "negative")
    except NotFoundError:
        _tell(desk("refused", reason=desk["gone"]), "warning")
    except ForbiddenError:
        _tell(shell["forbidden"], "negative")
    except SignedOutError:
        _tell(shell["signed_out"], "negative")
    else:
        ui.notify(said, type="positive", position="top")
        return True
    return False


def _tell(text: str, kind: str) -> None:
    ui.notify(text, type=kind, position="top", timeout=10_000)  # type: ignore[arg-type]
