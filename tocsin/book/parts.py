"""The pure parts that a commit folds over, with their state in the alarm book's file."""

from collections.abc import Iterable

from alerts.ground import Ground
from alerts.incidents import Incident, Incidents, Member
from alerts.overrides import Override, Overrides, Standing
from alerts.own import OwnAlarm, OwnAlarms
from alerts.record import AlarmRecord
from alerts.risk import RiskTree, standing_of
from alerts.telling.state import AlarmLadders
from alerts.telling.telling import Telling
from tocsin.book.disposals import load_disposals
from tocsin.book.kept import PUT, load_kept, save_kept
from tocsin.book.quiet import load_suppression, save_suppression
from tocsin.database import Database


class Parts:
    """What is known between commits. After an error it is loaded anew."""

    def __init__(self, db: Database) -> None:
        self.suppression = load_suppression(db)
        self._overrides = load_kept(db, "overrides", Override)
        self._standing = load_kept(db, "standing", Standing)
        self._incidents = load_kept(db, "incidents", Incident)
        self._members = load_kept(db, "members", Member)
        self._own = load_kept(db, "own", OwnAlarm)
        self.overrides = Overrides(self._overrides, self._standing)
        self.incidents = Incidents(self._incidents, self._members)
        self.own = OwnAlarms(self._own)
        self.telling = Telling(load_kept(db, "telling", AlarmLadders))
        self.disposals = load_disposals(db)
        self.ground = Ground()
        self.tree = RiskTree(self.ground.nodes)
        self._stands = False
        row = db.execute("SELECT form FROM kept WHERE part = 'ground' AND key = 'digest'").fetchone()
        self.digest: str = row[0] if row is not None else ""
        """The configuration under which the last commit was taken."""
        self._saved_digest = self.digest

    @property
    def next_due(self) -> float:
        """No wait of any part is over before this."""
        return min(
            self.overrides.next_due,
            self.suppression.next_due,
            self.incidents.next_due,
            self.telling.next_due,
            self.disposals.next_due,
        )

    def stand_on(self, ground: Ground, open_alarms: Iterable[AlarmRecord]) -> None:
        """Another configuration is in force: the tree of its places is made from what is open."""
        is_same_site = ground.site is self.ground.site
        self.ground, self.digest = ground, ground.digest
        self.incidents.span_ms = ground.incident_ms
        self.telling.named_of = ground.policy.never_suppress
        if is_same_site and self._stands:
            return
        self._stands = True
        self.tree = RiskTree(ground.nodes)
        for record in open_alarms:
            self.tree.take(record.alarm, standing_of(record, silence=ground.silent(record.rule)))
        for disposal in self.disposals.kept.values():
            if disposal.overdue:
                self.tree.overdue(disposal.latest, disposal.severity, disposal.subject, disposal.enterprise)

    def save(self, db: Database) -> None:
        """Write what has changed, within the caller's transaction."""
        if self.digest != self._saved_digest:
            db.execute(PUT, ("ground", "digest", self.digest))
            self._saved_digest = self.digest
        save_suppression(db, self.suppression)
        save_kept(db, "overrides", self._overrides)
        save_kept(db, "standing", self._standing)
        save_kept(db, "incidents", self._incidents)
        save_kept(db, "members", self._members)
        save_kept(db, "own", self._own)
        save_kept(db, "telling", self.telling.state)
