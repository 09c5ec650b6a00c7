"""What the answer pages say of an alarm."""

from alerts.wording.facts import FactsOf as WordedFacts
from tocsin.answers.desk import FactsOf
from tocsin.configuration import Configured


def facts_under(configured: Configured) -> FactsOf:
    """What names and words alarms have under a configuration."""
    return WordedFacts(configured.site, configured.rules).now
