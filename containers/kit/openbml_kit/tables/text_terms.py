"""Terms of a text: words and pairs of words; scripts without blanks give characters and pairs of them."""

import re
from collections.abc import Sequence

_MOST_CHARACTERS = 4096
# A run of word characters, or one character of a script that is written without blanks.
_UNBROKEN = r"\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u0e00-\u0e7f"
_TOKEN = re.compile(rf"[{_UNBROKEN}]|[^\W_{_UNBROKEN}]+")


def words_of(text: str) -> list[str]:
    """Return the text's words in lower case, in their order; what is beyond 4,096 characters is not read."""
    return _TOKEN.findall(text[:_MOST_CHARACTERS].lower())


def terms_of(words: Sequence[str], longest: int) -> list[str]:
    """Return the n-grams of words, from one word to `longest` of them."""
    terms = list(words)
    for length in range(2, longest + 1):
        terms += [" ".join(words[place : place + length]) for place in range(len(words) - length + 1)]
    return terms
