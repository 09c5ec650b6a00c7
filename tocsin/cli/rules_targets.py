"""Where `tocsin rules apply` puts a configuration: the data folder of one service, or a cluster's topic `config`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import typer

from tocsin.cli.options import settings_for_a_command

if TYPE_CHECKING:
    from tocsin.configuration import Configured
    from tocsin.database import Place
    from tocsin.settings import Settings
    from tocsin.settings.kafka import KafkaSettings


class Target(Protocol):
    """What a change is made to."""

    @property
    def book(self) -> "Place":
        """The alarm book, whether it is there or not."""

    def in_force(self) -> "Configured | None":
        """What the change is compared with; None where there is nothing yet."""

    def put(self, after: "Configured", by: str, why: str) -> None:
        """Put it in the place of what `in_force` gave, and say so. Exit 1 where that is refused."""


def target_of(config: Path | None, data: Path | None) -> Target:
    """--data names a folder; else the settings tell: of a cluster where they have [kafka]."""
    from tocsin.cli.options import existing

    if data is not None:
        return FolderTarget(existing(data))
    settings = named_settings(config)
    if settings is not None and settings.kafka is not None:
        return ClusterTarget(settings, settings.kafka)
    return FolderTarget(existing(data_folder(config, None)))


def named_settings(config: Path | None) -> "Settings | None":
    """The settings of --config, else of tocsin.toml; None where there is neither."""
    from tocsin.cli.run import DEFAULT_CONFIG

    if config is None and not DEFAULT_CONFIG.exists():
        return None
    return settings_for_a_command(config or DEFAULT_CONFIG)


def data_folder(config: Path | None, data: Path | None) -> Path:
    """--data, else what the settings say, else `data`."""
    from tocsin.cli.options import DEFAULT_DATA

    if data is not None:
        return data
    settings = named_settings(config)
    return DEFAULT_DATA if settings is None else settings.data


class FolderTarget:
    """One service and its data folder, whether the service runs or not."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._before: Configured | None = None

    @property
    def book(self) -> "Place":
        from tocsin.log.layout import BOOK

        return self._data / BOOK

    def in_force(self) -> "Configured":
        from tocsin.configuration import restore_configuration
        from tocsin.log.layout import CONFIGURATIONS
        from tocsin.log.snapshots import SnapshotStore
        from tocsin.runtime.reading import version_in_force

        stored = SnapshotStore(self._data / CONFIGURATIONS).get(version_in_force(self._data).digest)
        self._before = restore_configuration(stored)
        return self._before

    def put(self, after: "Configured", by: str, why: str) -> None:
        from tocsin.change.into_log import write_into_log
        from tocsin.clock import SystemClock
        from tocsin.configuration import kind_of
        from tocsin.log.layout import CONFIGURATIONS
        from tocsin.log.snapshots import SnapshotStore
        from tocsin.runtime.control import ApplyRequest, NotRunningError, ask

        before = self._before or self.in_force()
        # What was shown is what is applied: the service takes these bytes, not the folder, which may change meanwhile.
        digest = SnapshotStore(self._data / CONFIGURATIONS).put(after.stored)
        try:
            answer = ask(self._data, ApplyRequest(digest, before.digest, by, why))
        except NotRunningError:
            now_ms = SystemClock().now_ms()
            position = write_into_log(self._data, after, kind_of(before, after), by, why, now_ms, before.digest)
            print(
                f"version {digest[:12]} by {by} stands in the log at entry {position}: in force when the service starts"
            )
            return
        except (TimeoutError, ConnectionError) as error:
            print(f"not known whether it is in force: {error}; `tocsin rules history` tells", file=sys.stderr)
            raise typer.Exit(1) from None
        if answer.refused or answer.error:
            print(f"not applied: {answer.refused or answer.error}", file=sys.stderr)
            raise typer.Exit(1)
        print(f"version {digest[:12]} by {by} is in force from entry {answer.position} on")


class ClusterTarget:
    """The topic `config`, from which every bridge switches its partitions."""

    def __init__(self, settings: "Settings", kafka: "KafkaSettings") -> None:
        self._settings = settings
        self._kafka = kafka
        self._before: Configured | None = None
        self._number = 0

    @property
    def book(self) -> "Place":
        return self._settings.book

    def in_force(self) -> "Configured | None":
        from tocsin.kafka.client import admin
        from tocsin.kafka.versions import Versions

        admin(self._kafka)  # Says at once, and in words, when Kafka is away or does not let us in.
        with Versions.open(self._kafka) as versions:
            if versions.latest is not None:
                self._number = versions.latest.number
                self._before = versions.get(self._number)
        return self._before

    def put(self, after: "Configured", by: str, why: str) -> None:
        from tocsin.clock import SystemClock
        from tocsin.configuration import kind_of
        from tocsin.kafka.errors import FencedError, KafkaAwayError
        from tocsin.kafka.versions import put_version

        kind = "site" if self._before is None else kind_of(self._before, after)
        at_ms, number = SystemClock().now_ms(), self._number
        try:
            head = put_version(self._kafka, after, kind=kind, who=by, why=why, at_ms=at_ms, instead_of=number)
        except (FencedError, ValueError) as error:
            print(f"not applied: {error}", file=sys.stderr)
            raise typer.Exit(1) from None
        except KafkaAwayError as error:
            print(f"not known whether it is in force: {error}; `tocsin rules history` tells", file=sys.stderr)
            raise typer.Exit(1) from None
        print(f"version {head.number} ({head.digest[:12]}) by {by} is in Kafka: the bridges switch to it")
