"""The disposal machine as a Mermaid diagram, drawn from its table. `python -m alerts.disposal.diagram` prints it."""

from alerts.disposal.machine import TABLE, DisposalState, Input


def diagram() -> str:
    """A Mermaid `stateDiagram-v2` of every step to another state; inputs between the same two share an arrow."""
    lines = ["stateDiagram-v2"]
    for source, row in TABLE.items():
        arrows: dict[DisposalState, list[str]] = {}
        for given in Input:
            target = row[given]
            if isinstance(target, DisposalState) and target is not source:
                arrows.setdefault(target, []).append(given)
        start = "[*]" if source is DisposalState.NONE else source
        lines += [f"    {start} --> {target}: {', '.join(inputs)}" for target, inputs in arrows.items()]
    return "\n".join(lines)


def refusals() -> str:
    """A Markdown table of every input that a state refuses, and why."""
    lines = ["| state | refused | because |", "|---|---|---|"]
    for state, row in TABLE.items():
        reasons: dict[str, list[str]] = {}
        for given in Input:
            outcome = row[given]
            if not isinstance(outcome, DisposalState):
                reasons.setdefault(outcome, []).append(given)
        lines += [f"| {state} | {', '.join(inputs)} | {reason} |" for reason, inputs in reasons.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    print(f"```mermaid\n{diagram()}\n```\n\n{refusals()}")
