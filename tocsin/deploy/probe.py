"""`python -m tocsin.deploy.probe URL`: exit code 0 where it answers well, for health checks in images without curl."""

import sys
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

_WITHIN_S = 4.0


def probe(url: str) -> str:
    """ "" where the URL answers with 2xx, else what it said."""
    if urlsplit(url).scheme not in ("http", "https"):
        return f"{url} is no http address"
    try:
        with urlopen(url, timeout=_WITHIN_S):  # noqa: S310 - the scheme is checked above
            return ""
    except URLError as error:
        return f"{url}: {error.reason}"
    except OSError as error:
        return f"{url}: {error}"


if __name__ == "__main__":
    said = probe(sys.argv[1])
    print(said or "ok")
    sys.exit(1 if said else 0)
