"""`tocsin rules apply` and SIGHUP against a running service: what changes, what stays, and what is refused."""

import json
import shutil
import signal
import subprocess
from pathlib import Path

from support.field import Field
from support.live import LIMIT_RULE, POINTS, Live, running_broker
from support.waiting import eventually

from plant.entries import Configuration
from tocsin.book import books_differ
from tocsin.log.layout import BOOK, VERSIONS
from tocsin.runtime.control import ApplyRequest, ask

RULES = """\
  - id: gas
    applies_to: {kind: gas.combustible}
    condition: {limit: {h: 40, deadband: 2}}
  - id: slow
    applies_to: {kind: gas.combustible}
    condition: {limit: {h: 10}}
    on_delay_s: 2
  - id: gone
    applies_to: {points: [E1-P2]}
    condition: {limit: {h: 30}}
    severity: {h: yellow}
"""
STRICTER = """\
  - id: gas
    version: 2
    applies_to: {kind: gas.combustible}
    condition: {limit: {h: 20, deadband: 2}}
  - id: slow
    applies_to: {kind: gas.combustible}
    condition: {limit: {h: 10}}
    on_delay_s: 2
"""


def new_site(live: Live, rules: str, points: str = "") -> Path:
    """A copy of the site under other rules."""
    folder = live.folder / "site-new"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(live.site, folder)
    (folder / "rules" / "rules.yaml").write_text(f"rules:\n{rules}", encoding="utf-8")
    with (folder / "points.csv").open("a", encoding="utf-8") as file:
        file.write(points)
    return folder


def apply(live: Live, site: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return live.tocsin("rules", "apply", "--site", str(site), "--by", "Li Na", "--why", "as agreed", "--yes", *more)


def configurations(live: Live) -> list[Configuration]:
    return [entry for entry in live.entries() if isinstance(entry, Configuration)]


def history(live: Live) -> list[dict[str, object]]:
    done = live.tocsin("rules", "history", "--data", str(live.data), "--json")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_change_of_rules_while_the_service_runs(tmp_path: Path) -> None:
    with (
        running_broker(tmp_path / "broker") as broker,
        Live(tmp_path, broker.port, rules=RULES) as live,
        Field(broker.port, POINTS, 1) as field,
    ):
        live.start()
        field.send("E1-P1", 25)  # no alarm under h: 40
        field.send("E1-P2", 35)  # gone
        assert eventually(lambda: ("raised", "gone", "E1-P2") in live.names()), live.log
        pid = live.process.pid if live.process else 0

        shown = apply(live, new_site(live, STRICTER), "--dry-run")
        assert shown.returncode == 0, shown.stderr
        assert "rule gas: changed" in shown.stdout
        assert "high limit: 40 → 20" in shown.stdout
        assert "rule gone: removed" in shown.stdout
        assert "would end" in shown.stdout
        assert len(configurations(live)) == 1

        done = apply(live, new_site(live, STRICTER, "E1-P9,E1-U,gas.combustible,%LEL,0,100,1\n"))
        assert done.returncode == 0, done.stderr
        # Answered once it is booked.
        assert ("cleared", "gone", "E1-P2") in live.names()
        assert [(c.who, c.why, c.kind) for c in configurations(live)] == [
            ("", "", "site"),
            ("Li Na", "as agreed", "site"),
        ]
        # The gate knows the new point, the rules the new limit.
        field.send("E1-P9", 25)
        assert eventually(lambda: ("raised", "gas", "E1-P9") in live.names()), live.log
        reasons = [e.reason for _, e in live.booked() if (e.event, e.rule) == ("cleared", "gone")]
        assert reasons == ["rule_removed"]
        assert {e.version for _, e in live.booked() if e.rule == "gas"} == {2}
        assert live.process is not None
        assert live.process.pid == pid

        # What was applied by name stays in force over a restart, whatever the folder says.
        assert live.stop() == 0
        live.start()
        assert "site_folder_not_in_force" in live.log
        assert len(configurations(live)) == 2
        field.send("E1-P9", 5)
        assert eventually(lambda: ("cleared", "gas", "E1-P9") in live.names()), live.log
        assert live.stop() == 0
        told = live.replayed()
        assert [e["event"] for e in told if e["rule"] == "gone"] == ["raised", "cleared"]
        done = live.tocsin("book", "rebuild", "--data", str(live.data))
        assert done.returncode == 0, done.stderr

        versions = history(live)
        assert [(v["version"], v["who"], v["why"]) for v in versions] == [(1, "", ""), (2, "Li Na", "as agreed")]
        diff = live.tocsin("rules", "history", "--data", str(live.data), "--diff", "1", "2")
        assert "point E1-P9: added" in diff.stdout
        assert "high limit: 40 → 20" in diff.stdout


def test_without_a_service_it_goes_straight_to_the_log(tmp_path: Path) -> None:
    with (
        running_broker(tmp_path / "broker") as broker,
        Live(tmp_path, broker.port, rules=RULES) as live,
        Field(broker.port, POINTS, 2) as field,
    ):
        live.start()
        field.send("E1-P2", 35)
        assert eventually(lambda: ("raised", "gone", "E1-P2") in live.names()), live.log
        live.kill()
        done = apply(live, new_site(live, STRICTER, "E1-P9,E1-U,gas.combustible,%LEL,0,100,1\n"))
        assert done.returncode == 0, done.stderr
        assert "when the service starts" in done.stdout
        assert [v["who"] for v in history(live)] == ["", "Li Na"]
        again = apply(live, live.folder / "site-new")
        assert (again.returncode, "in force already" in again.stdout) == (0, True)
        live.start()
        assert ("cleared", "gone", "E1-P2") in live.names()
        field.send("E1-P9", 25)
        assert eventually(lambda: ("raised", "gas", "E1-P9") in live.names()), live.log


def test_a_signal_rereads_the_folder_and_a_mistake_changes_nothing(tmp_path: Path) -> None:
    with (
        running_broker(tmp_path / "broker") as broker,
        Live(tmp_path, broker.port, rules=LIMIT_RULE, settings="[exercise]\nenabled = true") as live,
        Field(broker.port, POINTS, 3) as field,
    ):
        live.start()
        assert live.process is not None
        live.set_rules("  - id: gas\n    applies_to: {kind: gas.combustible}\n    condition: {limit: {h: high}}\n")
        live.process.send_signal(signal.SIGHUP)
        assert eventually(lambda: "configuration_refused" in live.log), live.log
        assert "rules/rules.yaml:4" in live.log
        done = apply(live, live.site)
        assert done.returncode == 2
        assert "rules/rules.yaml:4: " in done.stderr
        assert len(configurations(live)) == 1
        field.send("E1-P1", 30)
        assert eventually(lambda: ("raised", "gas", "E1-P1") in live.names()), live.log

        live.set_rules(STRICTER)
        live.process.send_signal(signal.SIGHUP)
        assert eventually(lambda: "configuration_in_force" in live.log), live.log
        assert [(c.who, c.why, c.kind) for c in configurations(live)][1:] == [("signal", "SIGHUP", "rules")]
        field.send("E1-P3", 22)
        assert eventually(lambda: ("raised", "gas", "E1-P3") in live.names()), live.log
        # The alarm of the changed rule stands on, under its id.
        assert [e.event for _, e in live.booked() if e.subject == "E1-P1"] == ["raised"]
        # Exercises go by the same rules; a folder from a signal counts at the next start.
        assert eventually(lambda: len((live.data / "exercise" / VERSIONS).read_bytes().splitlines()) == 2)
        assert live.stop() == 0
        live.set_rules(LIMIT_RULE)
        live.start()
        assert [v["who"] for v in history(live)] == ["", "signal", ""]


def test_two_changes_at_once_do_not_hide_each_other(tmp_path: Path) -> None:
    with running_broker(tmp_path / "broker") as broker, Live(tmp_path, broker.port, rules=RULES) as live:
        live.start()
        asked = live.tocsin("rules", "apply", "--site", str(new_site(live, STRICTER)), "--by", "Li", "--why", "x")
        assert asked.returncode == 2
        assert "--yes" in asked.stderr
        first = configurations(live)[0].digest
        assert apply(live, live.folder / "site-new").returncode == 0
        late = ask(live.data, ApplyRequest(first, first, "Wu", "back"))
        assert late.refused is not None
        assert "meanwhile" in late.refused
        now = configurations(live)[-1].digest
        unknown = ask(live.data, ApplyRequest("0" * 64, now, "Wu", "what?"))
        assert unknown.refused is not None
        assert "no snapshot" in unknown.refused
        assert len(configurations(live)) == 2


def test_a_change_under_load_loses_nothing(tmp_path: Path) -> None:
    with (
        running_broker(tmp_path / "broker") as broker,
        Live(tmp_path, broker.port, rules=RULES) as live,
        Field(broker.port, POINTS, 4) as field,
    ):
        live.start()
        field.flow(every_s=0.002)
        for n in range(4):
            assert apply(live, new_site(live, STRICTER if n % 2 == 0 else RULES)).returncode == 0
        field.stop()
        field.last_of_all()
        values = {sent.value for sent in field.settle()}
        assert eventually(lambda: values <= {reading.value for reading in live.readings()}), "readings are missing"
        assert live.stop() == 0
        assert len(configurations(live)) == 5
        kept = tmp_path / "kept.sqlite"
        shutil.copy(live.data / BOOK, kept)
        assert live.tocsin("book", "rebuild", "--data", str(live.data)).returncode == 0
        assert books_differ(kept, live.data / BOOK) == []
