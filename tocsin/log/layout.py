"""What lies where in a data folder (docs/reference/data-folder.md)."""

from typing import Final

JOURNAL: Final = "journal"
REGISTRY: Final = "points.registry"
CHECKPOINTS: Final = "checkpoints"
CONFIGURATIONS: Final = "configurations"
VERSIONS: Final = "versions.jsonl"
FOLLOWERS: Final = "followers"
BOOK: Final = "book.sqlite"
EXERCISE: Final = "exercise"
EVIDENCE: Final = "evidence"
QUARANTINE: Final = "quarantine.json"
UNKNOWN: Final = "unknown.json"
SELF_TESTS: Final = "selftests.json"
INHERENT: Final = "inherent.jsonl"
HAZARD_REPORTS: Final = "hazard_reports.sqlite"
CONTROL: Final = "control.sock"
