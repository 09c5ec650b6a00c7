"""Where something stands in a JSON message: `a.b[0]["odd name"]`, `$.a` from the top of the message.

Plain steps only, without filters or wildcards: they are followed for every reading.
"""

import re
from typing import Any, Final

MISSING: Final = object()
"""What a path finds where nothing stands."""

_STEP = re.compile(r"""\.?(?:([^.\[\]"$@*]+)|\[(\d{1,6})\]|\["([^"]*)"\]|\[(\*)\])""")
EACH: Final = -1
"""The step `[*]`: every element of a list."""

Step = str | int


class JsonPath:
    """One path. ValueError if the text is none."""

    __slots__ = ("from_top", "steps", "text")

    def __init__(self, text: str, *, each: bool = False) -> None:
        """`each`: whether `[*]` is allowed."""
        self.text = text
        self.from_top = text.startswith("$")
        rest = text[1:] if text[:1] in ("$", "@") else text
        self.steps: list[Step] = []
        at = 0
        while at < len(rest):
            step = _STEP.match(rest, at)
            if step is None or (step[4] and not each):
                raise ValueError(f'{text!r} is no path, allowed is one such as a.b[0]["odd name"], $.a or @')
            name, index, quoted, _ = step.groups()
            self.steps.append(name or (int(index) if index else EACH if step[4] else quoted))
            at = step.end()

    def get(self, record: Any, top: Any) -> Any:
        """What stands there in a record, or in the whole message where the path begins with `$`; else MISSING."""
        node = top if self.from_top else record
        for step in self.steps:
            if isinstance(step, str):
                node = node.get(step, MISSING) if node.__class__ is dict else MISSING
            elif node.__class__ is list and step < len(node):
                node = node[step]
            else:
                return MISSING
        return node

    def all(self, top: Any) -> list[Any]:
        """Everything there, with `[*]` for each element of a list; a list at the end stands for its elements."""
        found = [top]
        for step in self.steps:
            if step == EACH:
                lists = [node for node in found if isinstance(node, list)]
                found = lists[0] if len(lists) == 1 else [element for node in lists for element in node]
            elif isinstance(step, str):
                found = [node[step] for node in found if isinstance(node, dict) and step in node]
            else:
                found = [node[step] for node in found if isinstance(node, list) and step < len(node)]
        if self.steps[-1:] == [EACH]:
            return found
        if len(found) == 1:
            return found[0] if isinstance(found[0], list) else found
        return [element for node in found for element in (node if isinstance(node, list) else (node,))]
