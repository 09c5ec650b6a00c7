"""Members that count: which of them are on, followed through what happened, as sums by subject."""

import numpy as np

from rules.engine.columns import I64, U8, Bool, Index
from rules.engine.series import Series
from rules.engine.several.group import Happened
from rules.engine.several.group_layout import GroupLayout
from rules.engine.several.happenings import Concern
from rules.engine.several.moments import Moments, moments
from rules.engine.several.standing import Standing


class Turns:
    """How members that something happened to stood before and after it; a member's rows stand in order of time."""

    def __init__(self, layout: GroupLayout, happened: Happened, standing: Standing) -> None:
        sources, levels = happened.sources, happened.levels
        of_source, source_member = layout.by_source.look_up(sources.source)
        of_stream, stream_member = layout.by_stream.look_up(levels.stream)
        if of_source is None:
            of_source = np.arange(len(sources))
        if of_stream is None:
            of_stream = np.arange(len(levels))
        member = np.concatenate([source_member, stream_member])
        t = np.concatenate([sources.t[of_source], levels.t[of_stream]])
        received = np.concatenate([sources.received[of_source], levels.received[of_stream]])
        by_source = np.arange(len(member)) < len(of_source)
        none = np.zeros(len(of_stream), dtype=np.bool_)
        known = np.concatenate([sources.known[of_source], none])
        silent = np.concatenate([sources.silent[of_source], none])
        bits = np.concatenate([np.zeros(len(of_source), dtype=np.uint8), levels.bits[of_stream]])
        order = np.lexsort((t, received, member))
        self.member: Index = member[order]
        self.t: I64 = t[order]
        self.received: I64 = received[order]
        self._series = Series.of_keys(self.member)
        by_source = by_source[order]
        first = self._series.first(self.member)
        source = layout.source[first]
        first_known, first_silent = standing.known[source], standing.silent[source]
        first_bits = standing.bits[layout.stream[first]]
        self.known: Bool = self._series.since(by_source, known[order], first_known)
        self.silent: Bool = self._series.since(by_source, silent[order], first_silent)
        self.bits: U8 = self._series.since(~by_source, bits[order], first_bits)
        self.known_before: Bool = self._series.before(self.known, first_known)
        self.silent_before: Bool = self._series.before(self.silent, first_silent)
        self.bits_before: U8 = self._series.before(self.bits, first_bits)

    def __len__(self) -> int:
        return len(self.member)

    def moments(self, layout: GroupLayout, concern: Concern) -> Moments:
        """The moments of what is given, followed by these turns; turns alone make no moment."""
        return moments(
            np.concatenate([concern.subject, layout.subject[self.member]]),
            np.concatenate([concern.t, self.t]),
            np.concatenate([concern.received, self.received]),
            np.arange(len(concern) + len(self)) < len(concern),
        )


def difference(after: Bool, before: Bool) -> I64:
    """+1 where something came about, -1 where it ended."""
    return after.astype(np.int64) - before
