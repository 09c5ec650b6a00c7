"""The alarm machine as a Mermaid diagram, drawn from its table. `python -m alerts.diagram` prints it."""

from alerts.machine import TABLE, Input, State

_REMARKS = (Input.ANSWER, Input.SHELVE, Input.UNSHELVE, Input.COMMENT, Input.ESCALATED, Input.DISPOSED)
"""They leave an alarm where it is."""


def diagram() -> str:
    """A Mermaid `stateDiagram-v2` of every transition; inputs between the same two states share an arrow."""
    lines = ["stateDiagram-v2"]
    for source, row in TABLE.items():
        arrows: dict[State, list[str]] = {}
        for given in Input:
            target = row[given]
            if isinstance(target, State) and given not in _REMARKS:
                arrows.setdefault(target, []).append(given)
        start = "[*]" if source is State.NEW else source
        lines += [f"    {start} --> {target}: {', '.join(inputs)}" for target, inputs in arrows.items()]
    lines.append(f"    {State.CLOSED} --> [*]")
    return "\n".join(lines)


def refusals() -> str:
    """A Markdown table of every input that a state refuses, and why."""
    lines = ["| state | refused | because |", "|---|---|---|"]
    for state, row in TABLE.items():
        reasons: dict[str, list[str]] = {}
        for given in Input:
            outcome = row[given]
            if not isinstance(outcome, State):
                reasons.setdefault(outcome, []).append(given)
        lines += [f"| {state} | {', '.join(inputs)} | {reason} |" for reason, inputs in reasons.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    print(f"```mermaid\n{diagram()}\n```\n\n{refusals()}")
