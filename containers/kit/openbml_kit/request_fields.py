"""Fields of the manual's JSON bodies, whichever image reads them (spec 08 sections 4.2 and 4.3)."""

import math
import re

# "4M" is counted in base64 characters.
MAX_BASE64_CHARACTERS = 4_194_304
_NUMBER = re.compile(r"[0-9]{1,18}(\.[0-9]{0,18})?")


def finite_number(value: object) -> float:
    """Return a number; numeric texts count as numbers.

    Raises:
        ValueError: it is none, or not finite.
    """
    is_text = isinstance(value, str) and _NUMBER.fullmatch(value) is not None
    if isinstance(value, bool) or not (isinstance(value, int | float) or is_text):
        raise ValueError("no number")
    try:
        number = float(value)  # type: ignore[arg-type]  # a text that is one, or a number
    except OverflowError as error:
        raise ValueError("too large") from error
    if not math.isfinite(number):
        raise ValueError("not finite")
    return number


def is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
