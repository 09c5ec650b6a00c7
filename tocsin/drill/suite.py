"""All runs of a drill, in this process or in several."""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

from tocsin.drill.library import Stage
from tocsin.drill.run import Run, run

Progress = Callable[[float, float], None]
"""(seconds of scenarios played, all of them)."""


def play(stages: Sequence[Stage], first_seed: int | None, seeds: int, jobs: int, progress: Progress) -> list[list[Run]]:
    """`seeds` runs of each stage, with seeds counting up from the first (None: the scenario's own).

    The same whatever `jobs` is.
    """
    work = [
        (s, (stage.seed if first_seed is None else first_seed) + n)
        for s, stage in enumerate(stages)
        for n in range(seeds)
    ]
    total_s = sum(stages[s].duration_s for s, _ in work)
    found: dict[tuple[int, int], Run] = {}
    done_s = 0.0
    if jobs <= 1 or len(work) == 1:
        for s, seed in work:
            progress(done_s, total_s)
            found[s, seed] = play_one(stages[s], seed)
            done_s += stages[s].duration_s
    else:
        # Spawned, not forked: a fork would copy whatever threads hold at that moment.
        with ProcessPoolExecutor(min(jobs, len(work)), mp_context=get_context("spawn")) as pool:
            # The longest first, so that none is left over at the end.
            longest_first = sorted(work, key=lambda w: -stages[w[0]].duration_s)
            waiting = {pool.submit(play_one, stages[s], seed): (s, seed) for s, seed in longest_first}
            for future in as_completed(waiting):
                s, seed = waiting[future]
                found[s, seed] = future.result()
                done_s += stages[s].duration_s
                progress(done_s, total_s)
    return [[found[w] for w in work if w[0] == s] for s in range(len(stages))]


def play_one(stage: Stage, seed: int) -> Run:
    """One run. Reads the site and the scenario once in each process."""
    return run(stage.configured(), stage.scenario(), seed, stage.ground())
