"""Write the provisioning files into this folder, or say with --check which are not current."""

import sys
from pathlib import Path

from dashboards.provisioning.files import files


def main() -> int:
    here = Path(__file__).parent
    stale = [name for name, text in files().items() if not _is(here / name, text)]
    for name in stale:
        if "--check" not in sys.argv:
            (here / name).parent.mkdir(exist_ok=True)
            (here / name).write_text(files()[name], encoding="utf-8")
        print(name)
    return 1 if stale and "--check" in sys.argv else 0


def _is(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main())
