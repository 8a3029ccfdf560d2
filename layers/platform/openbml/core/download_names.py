"""The name under which a browser saves what an address leads to."""

from urllib.parse import quote


def saved_as(filename: str) -> str:
    """Return a `Content-Disposition`: old clients read its first spelling, others RFC 6266's second one."""
    plain = "".join(one if one.isascii() and one not in '"\\' and one >= " " else "_" for one in filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
