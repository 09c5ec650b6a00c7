"""Progress bars on a terminal; nothing where stderr is none."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

Advance = Callable[[float, float], None]
"""(done, total)"""


@contextmanager
def bar(what: str, unit: bool = False) -> Iterator[Advance]:
    """A bar on stderr for work that tells how much of it is done."""
    console = Console(stderr=True)
    count = [MofNCompleteColumn()] if unit else []
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        *count,
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total or None)
