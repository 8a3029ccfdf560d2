"""Audio classification: spec 08 section 12."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np

from openbml_kit.faults import PlatformFault
from openbml_kit.media_models.served_manifest import read_served_manifest
from openbml_kit.media_models.sound_manifest import SoundManifest
from openbml_kit.model_manifest import MODEL_FILE
from openbml_serving.requests import check_text, read_base64, read_positive_integer
from openbml_serving.sessions import HybridSessions
from openbml_serving.tasks.class_scores import named_scores
from openbml_serving.tasks.sound_decoding import Samples, decode_sound


class AudioClassification:
    def __init__(self, folder: Path, *, cores: int) -> None:
        self._manifest = read_served_manifest(folder, SoundManifest)
        self._sessions = HybridSessions(folder / MODEL_FILE, ["scores"], cores=cores)

    def answer(self, document: Mapping[str, Any], *, alone: bool) -> Mapping[str, Any]:
        check_text(document, "sound")
        top_num = read_positive_integer(document, "top_num", default=self._manifest.top_num_default)
        data = read_base64(_percent_decoded(document), "sound")
        scores = self._scores(decode_sound(data, self._manifest.sample_rate), alone=alone)
        best = np.argsort(-scores, kind="stable")[:top_num]
        return {"results": named_scores(self._manifest.labels, scores, best)}

    def warm_up(self) -> None:
        silence = np.zeros(self._manifest.sample_rate, dtype=np.float32)
        for alone in (True, False):
            count = self._scores(silence, alone=alone).size
            if count != len(self._manifest.labels):
                raise PlatformFault(f"the model gives {count} scores for {len(self._manifest.labels)} labels")

    def _scores(self, sound: Samples, *, alone: bool) -> Samples:
        length = self._manifest.samples
        if length is not None:
            sound = np.pad(sound[:length], (0, max(0, length - sound.size)))
        scores: Samples = self._sessions.run_feeds({"waveform": sound[np.newaxis]}, alone=alone)["scores"][0]
        return scores


def load(folder: Path, *, cores: int) -> AudioClassification:
    """Return the handler. Raises PlatformFault."""
    return AudioClassification(folder, cores=cores)


def _percent_decoded(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The manual's field table asks for URL encoding, its samples do not do it: both are understood."""
    sound = document.get("sound")
    if not sound or "%" not in sound:
        return document
    return {**document, "sound": unquote(sound, errors="strict")} if sound.isascii() else document
