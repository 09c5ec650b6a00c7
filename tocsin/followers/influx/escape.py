"""Line protocol's escapes, so that no name somebody typed can break a line or add a tag."""


def tag(key: str, value: str | None) -> str:
    """`,key=value` for the tag set; "" where the value is empty, for an empty tag value is an error there.

    Control characters and backslashes become `_`: line protocol has no way to write the former, and a backslash at
    the end of a value would eat the comma that follows.
    """
    if not value:
        return ""
    clean = "".join(c if c.isprintable() and c != "\\" else "_" for c in value)
    return f",{key}=" + clean.replace(" ", "\\ ").replace(",", "\\,").replace("=", "\\=")


def text(value: str) -> str:
    """A quoted string field value. Control characters become spaces: one line stays one line."""
    clean = "".join(c if c.isprintable() else " " for c in value)
    return '"' + clean.replace("\\", "\\\\").replace('"', '\\"') + '"'
