"""`python -m dashboards` writes the boards' JSON anew and says which files changed."""

from dashboards.generate import write

if __name__ == "__main__":
    changed = write()
    print("\n".join(f"written: {name}" for name in changed) or "all boards are current")
