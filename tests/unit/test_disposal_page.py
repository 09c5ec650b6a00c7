"""The page on disposals says what the code does."""

from pathlib import Path

from alerts.disposal.causes import OWN_CAUSES
from alerts.disposal.diagram import diagram, refusals
from alerts.disposal.fields import FIELDS_OF
from alerts.disposal.schema import DisposalRules
from plant.marked_yaml import load_marked
from tocsin.evidence import LARGEST_BYTES

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "disposal.md").read_text(encoding="utf-8")
STEPS = PAGE.split("## The steps")[1]


def test_the_diagram_and_the_refusals_are_the_machines() -> None:
    assert diagram() in PAGE
    assert refusals() in PAGE


def test_every_cause_is_listed_with_its_words() -> None:
    for code, words in OWN_CAUSES.items():
        assert f"| `{code}` | {words['zh']} | {words['en']} |" in PAGE


def test_every_step_is_listed_with_its_fields() -> None:
    for action, model in FIELDS_OF.items():
        (row,) = [line for line in STEPS.splitlines() if line.startswith(f"| `{action}` |")]
        assert all(name in row for name in model.__struct_fields__), row


def test_the_example_can_be_written_and_the_bound_is_right() -> None:
    example = PAGE.split("```yaml\n")[1].split("```")[0]
    rules = DisposalRules.model_validate(load_marked(example).value["disposal"])
    assert rules.severities.keys() == DisposalRules().severities.keys()
    assert [tier.role for tier in rules.overdue] == ["safety", "leader", "director"]
    assert f"{LARGEST_BYTES >> 20} MiB at most" in PAGE
