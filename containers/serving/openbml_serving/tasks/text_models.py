"""What all text tasks share: tokens of a text and the graph's answer."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tokenizers import Encoding, Tokenizer

from openbml_kit.faults import PlatformFault
from openbml_kit.media_models.served_manifest import read_served_manifest
from openbml_kit.media_models.text_manifest import TOKENIZER_FILE, TextManifest
from openbml_kit.model_manifest import MODEL_FILE
from openbml_serving.sessions import HybridSessions

Floats = npt.NDArray[np.float32]
# Text of this many characters a token is more than any model reads: the rest is not even looked at.
_CHARACTERS_OF_A_TOKEN = 16
# Windows over a long text share this many tokens, of which each window answers for the half on its side.
_SHARED_TOKENS = 32


class TextModel:
    """A model set up: tokenizer and sessions.

    Raises:
        PlatformFault: a file is missing, or the graph gives something else than the task needs.
    """

    def __init__(self, folder: Path, *, cores: int) -> None:
        self.manifest = read_served_manifest(folder, TextManifest)
        try:
            self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
        except Exception as error:
            raise PlatformFault(f"{TOKENIZER_FILE} cannot be read: {error}") from error
        self._tokenizer.no_padding()
        shared = min(_SHARED_TOKENS, self.manifest.max_tokens // 4)
        self._half = shared // 2
        self._tokenizer.enable_truncation(self.manifest.max_tokens, stride=shared)
        self._output = "tag_scores" if self.manifest.tags else "scores"
        self._sessions = HybridSessions(folder / MODEL_FILE, [self._output], cores=cores)
        self._most_characters = self.manifest.max_tokens * _CHARACTERS_OF_A_TOKEN

    def scores(self, text: str, pair: str | None = None, *, alone: bool) -> Floats:
        """Return the scores of a text or a pair of them; what is beyond the model's length is left out."""
        shortened = [part[: self._most_characters] for part in (text, pair) if part is not None]
        encoding = self._tokenizer.encode(*shortened)
        scores: Floats = self._run(encoding, alone=alone)[0]
        return scores

    def tags(self, text: str, *, alone: bool) -> list[tuple[int, int, str]]:
        """Return start, end (in characters) and tag of each token of a text, however long."""
        return self._tagged(self._tokenizer.encode(text), alone=alone)

    def word_tags(self, words: Sequence[str], *, alone: bool) -> list[str]:
        """Return the tag of each word: its first token's; words that the tokenizer drops are outside."""
        encoding = self._tokenizer.encode(list(words), is_pretokenized=True)
        found: dict[int, str] = {}
        for part, chosen in self._windows(encoding):
            tags, of_words = self._part_tags(part, alone=alone), part.word_ids
            for place in chosen:
                word = of_words[place]
                if word is not None:
                    found.setdefault(word, tags[place])
        outside = "O" if "O" in self.manifest.tags else self.manifest.tags[0]
        return [found.get(place, outside) for place in range(len(words))]

    def warm_up(self) -> None:
        """Compute once and check the answer's shape. Raises PlatformFault."""
        expected = len(self.manifest.tags) or max(len(self.manifest.labels), 1)
        pair = "b" if self.manifest.task == "short_text_matching" else None
        for alone in (True, False):
            scores = self.scores("a", pair, alone=alone)
            if scores.shape[-1] != expected:
                raise PlatformFault(f"the model gives {scores.shape[-1]} scores, {expected} are named")

    def _tagged(self, encoding: Encoding, *, alone: bool) -> list[tuple[int, int, str]]:
        found = []
        for part, chosen in self._windows(encoding):
            tags, offsets, special = (
                self._part_tags(part, alone=alone),
                part.offsets,
                part.special_tokens_mask,
            )
            found += [
                (*offsets[place], tags[place])
                for place in chosen
                if not special[place] and offsets[place][1] > offsets[place][0]
            ]
        return found

    def _windows(self, encoding: Encoding) -> list[tuple[Encoding, range]]:
        """Return the windows over a text, and which tokens of each are answered by it."""
        parts = [encoding, *encoding.overflowing]
        last = len(parts) - 1
        chosen = []
        for number, part in enumerate(parts):
            around = [place for place, special in enumerate(part.special_tokens_mask) if not special]
            if not around:
                chosen.append((part, range(0)))
                continue
            first = around[0] + (self._half if number > 0 else 0)
            end = around[-1] + 1 - (self._half if number < last else 0)
            chosen.append((part, range(first, end)))
        return chosen

    def _part_tags(self, encoding: Encoding, *, alone: bool) -> list[str]:
        scores = self._run(encoding, alone=alone)[0]
        return [self.manifest.tags[place] for place in scores.argmax(axis=-1).tolist()]

    def _run(self, encoding: Encoding, *, alone: bool) -> npt.NDArray[Any]:
        feeds = {
            "input_ids": _row(encoding.ids),
            "attention_mask": _row(encoding.attention_mask),
            "token_type_ids": _row(encoding.type_ids),
        }
        return self._sessions.run_feeds(feeds, alone=alone)[self._output]


def _row(numbers: Sequence[int]) -> npt.NDArray[np.int64]:
    return np.array([numbers], dtype=np.int64)
