"""Where a site's records are, for who looks at them: in the data folder of one service, or spread over a cluster."""

from tocsin.records.folder import FolderRecords
from tocsin.records.port import UNREADABLE, NotInAClusterError, Probe, Records, Tail, UnansweredError
from tocsin.settings import Settings

__all__ = [
    "UNREADABLE",
    "FolderRecords",
    "NotInAClusterError",
    "Probe",
    "Records",
    "Tail",
    "UnansweredError",
    "records_of",
]


def records_of(settings: Settings) -> Records:
    """Those of a service or, with `[kafka]`, of a cluster. Nothing is opened or asked yet."""
    if settings.kafka is None:
        return FolderRecords(settings.data)
    from tocsin.records.cluster import ClusterRecords  # needs the extra `cluster`

    return ClusterRecords(settings, settings.kafka)
