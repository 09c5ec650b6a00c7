"""`python -m dashboards` writes the boards' JSON and their reference page anew, and says which files changed."""

from pathlib import Path

from dashboards.generate import write
from dashboards.page import with_listing

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "boards.md"

if __name__ == "__main__":
    changed = write()
    page = PAGE.read_text(encoding="utf-8")
    if with_listing(page) != page:
        PAGE.write_text(with_listing(page), encoding="utf-8")
        changed.append(PAGE.name)
    print("\n".join(f"written: {name}" for name in changed) or "all boards are current")
