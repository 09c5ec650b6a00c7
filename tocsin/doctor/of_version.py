"""The configuration of a cluster: which version is to be in force, and whether the settings go with it."""

from typing import Final

from plant.mistakes import InputError
from tocsin.doctor.finding import Fact, Finding, bad, ok, warn
from tocsin.doctor.of_influx import shown_instant
from tocsin.doctor.of_kafka import no_answer
from tocsin.doctor.of_site import agree
from tocsin.kafka.errors import KafkaClientError, KafkaTopicError
from tocsin.kafka.version_records import VersionError
from tocsin.kafka.versions import Versions
from tocsin.settings import Settings

_NAME: Final = "site"


def look_at_version(settings: Settings, config: str) -> list[Finding]:
    """Read the newest version from Kafka, as every process does at its start."""
    if settings.kafka is None:
        return []
    try:
        with Versions.open(settings.kafka) as versions:
            head = versions.latest
            if head is None:
                return [bad(_NAME, "version_none")]
            configured = versions.get(head.number)
    except (VersionError, KafkaTopicError) as error:
        return [bad(_NAME, "version_wrong", error=str(error))]
    except KafkaClientError as error:
        return [no_answer(_NAME, error)]
    except InputError:
        return []  # The check of Kafka itself tells of it.
    at = shown_instant(head.at_ms)
    facts: dict[str, Fact] = {"enterprises": len(configured.site.enterprises), "points": len(configured.site.points)}
    found = [ok(_NAME, "version_ok", "", number=head.number, at=at, rules=len(configured.rules), **facts)]
    try:
        agree(settings, configured, config)
    except InputError as error:
        found.append(
            bad(_NAME, "version_disagrees", n=len(error.mistakes), first=str(error.mistakes[0]), number=head.number)
        )
    if not configured.routes.routes and not settings.webhook:
        found.append(warn(_NAME, "nobody_told", file="routes.yaml"))
    return found
