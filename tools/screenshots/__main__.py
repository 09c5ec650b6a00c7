"""`python -m tools.screenshots`: every page of the console in both languages, on desk and phone, light and dark."""

import argparse
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, sync_playwright

from tocsin.centre.centre import Centre
from tocsin.clock import SystemClock
from tools.screenshots.camera import DESK_PX, PHONE_PX, Camera, Looks, camera_of
from tools.screenshots.district import District, running_district
from tools.screenshots.people import act
from tools.screenshots.pictures import small
from tools.screenshots.views import IN_THE_DOCS, VIEWS, View, fields_of
from tools.services import axe, chromium

DOCS: Final = Path(__file__).resolve().parents[2] / "docs" / "pictures" / "console"
LOOKS: Final = tuple(
    Looks(language, width_px, theme)
    for language in ("zh", "en")
    for width_px in (DESK_PX, PHONE_PX)
    for theme in ("light", "dark")
)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.screenshots", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("screenshots"), help="the folder of the pictures")
    parser.add_argument("--docs", action="store_true", help="only those of the docs, made small, into docs/pictures")
    parser.add_argument("--views", default=",".join(view.name for view in VIEWS), help="some, separated by commas")
    parser.add_argument("--looks", default=",".join(map(str, LOOKS)), help="some, separated by commas")
    parser.add_argument("--whole", action="store_true", help="whole pages, however long")
    parser.add_argument("--past", type=int, default=3600, metavar="SECONDS", help="how much has happened before")
    options = parser.parse_args(arguments)
    program, script = chromium.find(), axe.find()
    if program is None or script is None:
        parser.error("chromium and axe-core are needed: make services brings both")
    out: Path = DOCS if options.docs else options.out
    out.mkdir(parents=True, exist_ok=True)
    wanted = [
        (looks, view)
        for looks in LOOKS
        for view in VIEWS
        if str(looks) in options.looks.split(",") and view.name in options.views.split(",")
        if not options.docs or view.name in IN_THE_DOCS.get(str(looks), ())
    ]
    with (
        tempfile.TemporaryDirectory(prefix="screenshots-") as name,
        running_district(Path(name), past_s=options.past) as district,
        sync_playwright() as playwright,
    ):
        act(district, Path(name))
        browser = playwright.chromium.launch(executable_path=str(program), args=["--no-sandbox"])
        found = taken(browser, district, wanted, out, script.read_text("utf-8"), docs=options.docs, whole=options.whole)
        browser.close()
    for line in found:
        print(line, file=sys.stderr)
    print(f"{len(wanted)} pictures in {out}")
    return 1 if found else 0


def taken(
    browser: Browser,
    district: District,
    wanted: Iterable[tuple[Looks, View]],
    out: Path,
    axe_script: str,
    *,
    docs: bool,
    whole: bool,
) -> list[str]:
    """Take each picture; what is wrong with the pages, a line each."""
    found: list[str] = []
    fields = fields_of(Centre.of(district.settings, SystemClock()))
    for looks, view in wanted:
        with camera_of(browser, district, looks, fields, signed_in=view.signed_in) as camera:
            where = f"{view.name}-{looks}"
            found += [f"{where}: {line}" for line in mistakes(camera, view, axe_script)]
            picture = camera.picture(whole=whole)
            (out / f"{where}.png").write_bytes(small(picture) if docs else picture)
    return found


def mistakes(camera: Camera, view: View, axe_script: str) -> list[str]:
    """Open a view and say what is wrong with it; nothing where all is well."""
    before = len(camera.complaints)
    status = camera.open(view)
    answered = [f"answered with {status}"] if status >= 400 else []
    return [*answered, *camera.out_of_reach(), *camera.complaints[before:], *camera.kept_out(axe_script)]


if __name__ == "__main__":
    sys.exit(main())
