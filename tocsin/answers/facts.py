"""What the answer pages say of an alarm."""

from alerts.channels.port import Facts
from alerts.record import AlarmRecord
from alerts.wording.facts import FactsOf as WordedFacts
from tocsin.answers.desk import FactsOf
from tocsin.configuration import Configured


def facts_under(configured: Configured) -> FactsOf:
    """What names and words alarms have under a configuration."""
    worded = WordedFacts(configured.site, configured.rules)

    def facts(record: AlarmRecord) -> Facts:
        event = {
            "at": record.last_at,
            "level": record.peak_level,
            "severity": record.peak_severity,
            "value": record.value,
            "limit": record.limit,
            "reason": record.reason,
            "historical": record.historical,
        }
        return worded.of(record, event)

    return facts
