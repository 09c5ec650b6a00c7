"""Workers within this process, where their being processes of their own is of no matter."""

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from support.mosquitto import free_port
from support.waiting import eventually

from tocsin.clock import SystemClock
from tocsin.kafka.topics import Topics
from tocsin.settings import Settings
from tocsin.settings.kafka import KafkaSettings
from tocsin.worker.worker import Worker


class WorkersInside:
    """So many workers for each of these, all in one thread's event loop."""

    def __init__(self, folder: Path, kafka: Sequence[KafkaSettings], workers: int) -> None:
        self._folder, self._kafka, self._count = folder, kafka, workers
        self._workers: list[list[Worker]] = []
        self._codes: list[int] = []
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for group in self._workers:
            for worker in group:
                self._loop.call_soon_threadsafe(worker.stop)
        self._thread.join(60)
        if error is None:
            assert set(self._codes) == {0}

    def have_decided_all(self, within_s: float) -> bool:
        """Whether soon every log was decided to its end, and none of them has nothing to do."""

        def decided(kafka: KafkaSettings, group: Sequence[Worker]) -> bool:
            held = [worker.runners for worker in group]
            all_there = sum(map(len, held)) == len(Topics.of(kafka).shards) and all(held)
            return all_there and all(one.restored and not one.lag_records for runners in held for one in runners)

        def all_decided() -> bool:
            made = list(zip(self._kafka, self._workers, strict=False))
            return len(made) == len(self._kafka) and all(decided(*one) for one in made)

        return eventually(all_decided, within_s, every_s=0.2)

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        for kafka in self._kafka:
            self._workers.append([Worker(self._settings(kafka), kafka, SystemClock()) for _ in range(self._count)])
        self._codes = await asyncio.gather(*(worker.run() for group in self._workers for worker in group))

    def _settings(self, kafka: KafkaSettings) -> Settings:
        given = {"site": self._folder, "data": self._folder, "kafka": kafka}
        return Settings.model_validate({**given, "http": {"listen": f"127.0.0.1:{free_port()}"}})
