"""The disposal machine as a Mermaid diagram, drawn from its table. `python -m alerts.disposal.diagram` prints it."""

from alerts.disposal.machine import TABLE, DisposalState
from alerts.drawing import drawn, refused


def diagram() -> str:
    """Every step to another state."""
    return drawn(TABLE, DisposalState.NONE, lambda source, _given, target: target is not source)


def refusals() -> str:
    """Every input that a state refuses, and why."""
    return refused(TABLE)


if __name__ == "__main__":
    print(f"```mermaid\n{diagram()}\n```\n\n{refusals()}")
