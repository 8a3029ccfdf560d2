"""Texts of a version: lengths, scripts, words, repeats, and what does not belong there."""

import random
import re
from collections import Counter
from collections.abc import Mapping
from functools import cache

from openbml_catalog.datasets import Content
from openbml_catalog.datasets.operators import data_operators
from openbml_data.quality.distributions import Quantity
from openbml_data.quality.findings import Noted, ref
from openbml_data.quality.groups import Groups
from openbml_formats.listings import ListedSample
from openbml_formats.operators.near_duplicates import text_digest
from openbml_formats.operators.operations import Operation
from openbml_formats.operators.text_changes import TEXT_CHANGES
from openbml_formats.quality import Finding, FindingSeverity, SampleRef, TextQuality

_MOST_WORDS = 500_000
_SCRIPTS: Mapping[str, str] = {
    "han": "\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff",
    "latin": "A-Za-z\u00c0-\u024f\u1e00-\u1eff\uff21-\uff3a\uff41-\uff5a",
    "kana": "\u3041-\u30ff\u31f0-\u31ff\uff66-\uff9d",
    "hangul": "\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3",
    "cyrillic": "\u0400-\u052f",
    "greek": "\u0370-\u03ff\u1f00-\u1fff",
    "arabic": "\u0600-\u06ff\u0750-\u077f",
    "hebrew": "\u0590-\u05ff",
    "thai": "\u0e00-\u0e7f",
    "devanagari": "\u0900-\u097f",
}
_RUNS = re.compile("|".join(f"(?P<{name}>[{signs}]+)" for name, signs in _SCRIPTS.items()))
_OTHER_WORDS = re.compile(r"[^\W\d_]+")
# Scripts without blanks between words: their signs stand for words.
_BY_SIGN = frozenset({"han", "kana", "thai"})
_NOISE = ("strip_markup", "remove_urls", "remove_emails", "remove_emoji", "narrow_characters", "trim_blanks")
_NO_CHANCE = random.Random(0)


class TextCount:
    def __init__(self, content: Content) -> None:
        self._content = content
        self._length = Quantity()
        self._letters: Counter[str] = Counter()
        self._words: set[str] = set()
        self._words_capped = False
        self._noise = {code: Noted() for code in _NOISE}
        self._empty, self._same = Noted(), Noted()
        self._first: dict[bytes, tuple[SampleRef, frozenset[str]]] = {}
        self._groups = Groups()
        self._texts = 0

    def add(self, sample: ListedSample) -> None:
        tokens = self._content is Content.TOKENS
        texts = (" ".join(sample.texts),) if tokens else sample.texts
        for text in texts:
            self._texts += 1
            self._length.add(len(text))
            self._read(text)
        if not all(text.strip() for text in texts):
            self._empty.add(sample)
        for code, noted in self._noise.items():
            if not tokens and any(_has(code, text) for text in texts):
                noted.add(sample)
        if self._content is Content.PAIR and len(set(texts)) < len(texts):
            self._same.add(sample)
        self._compare(sample)

    def _read(self, text: str) -> None:
        for found in _RUNS.finditer(text):
            script, run = found.lastgroup or "", found.group()
            self._letters[script] += len(run)
            self._learn(run if script in _BY_SIGN else (run.casefold(),))
        self._letters["digits"] += sum(sign.isdigit() for sign in text)
        for found in _OTHER_WORDS.finditer(_RUNS.sub(" ", text)):
            self._letters["other"] += len(found.group())
            self._learn((found.group(),))

    def _learn(self, words: str | tuple[str, ...]) -> None:
        if len(self._words) < _MOST_WORDS:
            self._words.update(words)
        else:
            self._words_capped = self._words_capped or any(word not in self._words for word in words)

    def _compare(self, sample: ListedSample) -> None:
        labels = frozenset(sample.annotation.labels)
        digest = text_digest(sample.texts, ignore_case=True, ignore_blanks=True)
        first = self._first.setdefault(digest, (ref(sample), labels))
        if first[0].sample_id != sample.sample_id:
            self._groups.join(first[0], ref(sample), first[1], labels)

    def quality(self) -> TextQuality:
        letters = sum(self._letters.values())
        return TextQuality(
            texts=self._texts,
            length=self._length.distribution(),
            scripts={name: count / letters for name, count in self._letters.most_common() if count},
            vocabulary=len(self._words),
            vocabulary_capped=self._words_capped,
            empty=self._empty.count,
            noise={code: noted.count for code, noted in self._noise.items() if noted.count},
            duplicates=self._groups.duplicates(),
            same_pairs=self._same.count,
        )

    def findings(self) -> list[Finding]:
        found = self._empty.finding(
            FindingSeverity.SERIOUS, "texts_empty", "{count} samples have an empty text"
        )
        found += self._same.finding(
            FindingSeverity.INFO, "pairs_same", "{count} pairs are twice the same text",
            advice="They teach nothing about similarity.",
        )  # fmt: skip
        found += self._repeats()
        for code, noted in self._noise.items():
            found += noted.finding(
                FindingSeverity.INFO,
                f"texts_{code}",
                f"{{count}} samples would be changed by “{data_operators()[code].title}”",
                advice="Clean them where predictions will be made on clean texts.",
                operator=code,
            )
        return found

    def _repeats(self) -> list[Finding]:
        duplicates, differ = self._groups.duplicates(), self._groups.contradictions
        found = []
        if differ:
            found.append(
                Finding(
                    severity=FindingSeverity.SERIOUS,
                    code="same_texts_differ_in_labels",
                    message=f"{differ} texts occur with different labels",
                    advice="Decide for one label each.",
                    count=differ,
                    samples=self._groups.contradicting(),
                )
            )
        if duplicates.extra:
            found.append(
                Finding(
                    severity=FindingSeverity.WARNING,
                    code="texts_repeated",
                    message=f"{duplicates.extra} samples repeat the text of another one",
                    advice="Repeats in training and test make results look better than they are.",
                    operator="remove_duplicates",
                    count=duplicates.extra,
                )
            )
        return found


def _has(code: str, text: str) -> bool:
    return bool(TEXT_CHANGES[code](text, (), _defaults(code), _NO_CHANCE))


@cache
def _defaults(code: str) -> Operation:
    return Operation(code=code, parameters=data_operators()[code].defaults())
