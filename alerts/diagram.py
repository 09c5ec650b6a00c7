"""The alarm machine as a Mermaid diagram, drawn from its table. `python -m alerts.diagram` prints it."""

from alerts.drawing import drawn, refused
from alerts.machine import TABLE, Input, State

_REMARKS = (Input.ANSWER, Input.SHELVE, Input.UNSHELVE, Input.COMMENT, Input.ESCALATED, Input.DISPOSED)
"""They leave an alarm where it is."""


def diagram() -> str:
    """Every transition but remarks."""
    arrows = drawn(TABLE, State.NEW, lambda _source, given, _target: given not in _REMARKS)
    return f"{arrows}\n    {State.CLOSED} --> [*]"


def refusals() -> str:
    """Every input that a state refuses, and why."""
    return refused(TABLE)


if __name__ == "__main__":
    print(f"```mermaid\n{diagram()}\n```\n\n{refusals()}")
