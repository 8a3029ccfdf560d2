"""Values of a raw table as JSON, Python and Arrow give them, read one by one."""

import math
import numbers
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

LARGEST = 3.4028234663852886e38  # of float32; what is beyond counts as missing, as infinity does
_SPELLINGS = {
    True: ("true", "True", "TRUE", "1", "yes", "Yes"),
    False: ("false", "False", "FALSE", "0", "no", "No"),
}


class WrongTypeError(ValueError):
    """A value of a type that its column does not take; the text says what is expected."""


def described(value: Any) -> str:
    """Return what a message calls a value: `the text 'abc'`, `a list`."""
    if isinstance(value, str):
        return f"the text {value[:40]!r}"
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, Sequence):
        return "a list"
    return f"the value {str(value)[:40]!r}"


def finite(value: float) -> float:
    """Return the number, NaN where float32 cannot hold it."""
    return value if -LARGEST <= value <= LARGEST else math.nan


def as_number(value: Any) -> float | None:
    """Return a number's, a decimal's or a truth value's number; None where it is something else."""
    if isinstance(value, numbers.Real | Decimal):
        try:
            return finite(float(value))
        except OverflowError:
            return math.nan
    return None


def category_texts(value: Any) -> Sequence[str]:
    """Return the texts that training may have known a value by, the likeliest first; none for a missing one.

    Whole numbers are written without a point, so that 3, 3.0 and "3" are one category.

    Raises:
        WrongTypeError: a list or an object.
    """
    if value is None:
        return ()
    if isinstance(value, str):
        text = value.strip()
        return (text,) if text else ()
    if isinstance(value, bool):
        return _SPELLINGS[value]
    if isinstance(value, date):  # a time is one, too
        return (value.isoformat(),)
    number = as_number(value)
    if number is None:
        raise WrongTypeError(f"is {described(value)}; a category is expected: a text, a number or true/false")
    return _number_texts(value, number)


def _number_texts(value: Any, number: float) -> Sequence[str]:
    if math.isnan(number):
        return ()
    if isinstance(value, numbers.Integral):
        return (str(int(value)),)
    if number.is_integer():
        return (str(int(number)),)
    return (f"{value.normalize():f}" if isinstance(value, Decimal) else repr(float(value)),)


def category_text(value: Any) -> str | None:
    """Return the text that training knows a value by, None for a missing one. Raises WrongTypeError."""
    texts = category_texts(value)
    return texts[0] if texts else None
