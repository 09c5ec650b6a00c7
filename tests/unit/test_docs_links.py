"""The pages fit together: links lead somewhere, every page can be reached, no page names a machine."""

import re
from pathlib import Path

import pytest

from rules.identity import alarm_id

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", *DOCS.rglob("*.md")])


def links(page: Path) -> list[str]:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
    return re.findall(r"\]\(([^)\s]+)\)", text)


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def local_links(page: Path) -> list[tuple[str, Path, str]]:
    found = []
    for link in links(page):
        if not re.match(r"[a-z]+:", link):
            path, _, anchor = link.partition("#")
            found.append((link, (page.parent / path).resolve() if path else page, anchor))
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link, target, anchor in local_links(page):
        assert target.is_relative_to(ROOT), link
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_every_page_is_reached_from_the_map() -> None:
    reached, ahead = set(), [DOCS / "README.md"]
    while ahead:
        page = ahead.pop()
        if page not in reached:
            reached.add(page)
            ahead += [target for _, target, _ in local_links(page) if target.suffix == ".md" and target.exists()]
    missing = [str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md") if page not in reached]
    assert missing == [], "name them in docs/README.md"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_names_a_machine(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"(^|[\s\"'`(=])/(work|tmp|root|home|Users|mnt)/", text)
    assert not re.search(r"^#? ?TODO|\bFIXME\b|\bTBD\b", text, re.M)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_begins_with_its_title(page: Path) -> None:
    lines = page.read_text(encoding="utf-8").splitlines()
    assert re.match(r"# \S", lines[0])
    assert sum(line.startswith("# ") for line in re.sub(r"(?s)```.*?```", "", "\n".join(lines)).splitlines()) == 1


def test_decisions_are_numbered_and_listed() -> None:
    pages = sorted(path for path in (DOCS / "decisions").glob("*.md") if path.name != "README.md")
    index = (DOCS / "decisions" / "README.md").read_text(encoding="utf-8")
    for number, page in enumerate(pages, 1):
        assert page.name.startswith(f"{number:04}-")
        title = page.read_text(encoding="utf-8").splitlines()[0].removeprefix(f"# {number}. ")
        assert f"| {number} | [{title}]({page.name}) |" in index


def test_the_alarm_id_on_the_page_is_right() -> None:
    page = (DOCS / "reference" / "engine-semantics.md").read_text(encoding="utf-8")
    rule, subject, side, at, given = re.findall(
        r"For rule `(\w+)`, subject `([\w-]+)`, side `(\w+)`, raised at (\d+) it is `(\w+)`", page
    )[0]
    assert alarm_id(rule, subject, side, int(at)) == given


def test_the_glossary_has_each_word_once_and_in_both_languages() -> None:
    rows = [
        line.split("|")[1:-1] for line in (DOCS / "glossary.md").read_text(encoding="utf-8").splitlines()[6:] if line
    ]
    words = [row[0].strip() for row in rows]
    assert len(words) == len(set(words))
    assert all(re.search(r"[\u4e00-\u9fff]", row[1]) and row[2].strip() for row in rows)
