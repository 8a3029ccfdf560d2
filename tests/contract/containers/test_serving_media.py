"""What the serving image answers for texts, sounds and text in pictures (spec 08 sections 5, 10 and 12)."""

import base64
import io
import json
import math
import struct
import wave
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from PIL import Image

from tests.contract.containers.conftest import file_of
from tests.contract.containers.environments import (
    ROOT,
    Server,
    make_models,
    refusal_to_serve,
    run_python,
    servers_of,
)
from tests.contract.containers.prediction_bodies import (
    BASE64_INVALID,
    INVALID_ARGUMENT,
    JSON_INVALID,
    MISSING,
    SIZE_INVALID,
    UNDECODABLE,
    body,
)

pytestmark = pytest.mark.contract

Serve = Callable[[str], Server]
TEXT_UNDECODABLE = {"error_code": 336005, "error_msg": "文本解码失败"}
ENTITY_UNDECODABLE = {"error_code": 336005, "error_msg": "解码失败"}
SOUND_UNDECODABLE = {"error_code": 336005, "error_msg": "音频解码失败"}
TEXT_TASKS = {
    "text_classification": "text",
    "text_classification_multi_label": "text",
    "short_text_matching": "text_a",
    "sequence_labelling": "text",
    "entity_extraction": "text",
}

# Spec 03 section 10.7.
# fmt: off
LANGUAGES = [
    "auto_detect", "CHN_ENG", "ENG", "JAP", "KOR", "FRE", "SPA", "POR", "GER", "ITA", "RUS", "DAN",
    "DUT", "MAL", "SWE", "IND", "POL", "ROM", "TUR", "GRE", "HUN", "THA", "VIE", "ARA", "HIN",
]
# fmt: on


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_models("deep", "tiny_media_models.py", tmp_path_factory.mktemp("media"))


@pytest.fixture(scope="module")
def serve(models: Path) -> Iterator[Serve]:
    with servers_of(models) as server:
        yield server


def asked(server: Server, **document: object) -> dict[str, object]:
    return server.post(json.dumps(document).encode(), "application/json;charset=UTF-8")


class TestTexts:
    def test_classes_come_by_score_and_six_by_default(self, serve: Serve) -> None:
        server = serve("text_classification")
        results = asked(server, text="aab")["results"]
        assert isinstance(results, list)
        assert [row["name"] for row in results[:2]] == ["a", "b"]
        assert results[0]["score"] == pytest.approx(2 / 5)  # of five tokens with the special ones
        assert len(results) == 6
        assert len(asked(server, text="aab", top_num="2")["results"]) == 2  # type: ignore[arg-type]

    def test_labels_at_or_above_the_threshold_are_answered(self, serve: Serve) -> None:
        server = serve("text_classification_multi_label")
        assert asked(server, text="aab")["results"] == [{"name": "a", "score": pytest.approx(0.4)}]
        many = asked(server, text="aab", threshold=0.2)["results"]
        assert [row["name"] for row in many] == ["a", "b"]  # type: ignore[attr-defined]
        assert asked(server, text="aab", threshold=6) == {"results": []}

    def test_a_pair_has_one_score_between_0_and_1(self, serve: Serve) -> None:
        server = serve("short_text_matching")
        same, other = asked(server, text_a="abc", text_b="abc"), asked(server, text_a="abc", text_b="jjj")
        assert set(same) == {"score"}
        assert 0 <= other["score"] < same["score"] <= 1  # type: ignore[operator]

    def test_a_pair_needs_both_texts(self, serve: Serve) -> None:
        assert asked(serve("short_text_matching"), text_a="abc") == MISSING
        assert asked(serve("short_text_matching"), text_b="abc") == MISSING

    def test_every_word_has_a_label(self, serve: Serve) -> None:
        words = [*["a", "b", "c"], "a", "zz"] * 60
        answer = asked(serve("sequence_labelling"), text="  ".join(words))
        assert answer == {"raw_text": words, "label": ["B-X", "I-X", "O", "B-X", "O"] * 60}

    def test_words_are_counted_up_to_512(self, serve: Serve) -> None:
        server = serve("sequence_labelling")
        assert len(asked(server, text="a " * 512)["label"]) == 512  # type: ignore[arg-type]
        assert asked(server, text="a " * 513) == SIZE_INVALID
        assert asked(server, text=" \n ") == MISSING

    def test_entities_are_where_they_are_said_to_be(self, serve: Serve) -> None:
        text = "𝔘 abb cab a, 张 ab"
        answer = asked(serve("entity_extraction"), text=text)
        assert answer["content"] == text
        found = [(row["span"], row["offset"], row["tag"]) for row in answer["results"]]  # type: ignore[attr-defined]
        assert found == [("abb", 2, "X"), ("ab", 7, "X"), ("a", 10, "X"), ("ab", 15, "X")]
        assert all(text[offset : offset + len(span)] == span for span, offset, _ in found)

    def test_512_characters_are_read_in_windows_and_4096_taken(self, serve: Serve) -> None:
        server = serve("entity_extraction")
        answer = asked(server, text="cab" * 200)
        assert answer["content"] == ("cab" * 200)[:512]
        assert [row["offset"] for row in answer["results"]] == list(range(1, 512, 3))  # type: ignore[attr-defined]
        assert len(asked(server, text="c" * 4096)["content"]) == 512  # type: ignore[arg-type]
        assert asked(server, text="c" * 4097) == SIZE_INVALID

    @pytest.mark.parametrize(("task", "field"), TEXT_TASKS.items())
    def test_the_manuals_checks(self, serve: Serve, task: str, field: str) -> None:
        server = serve(task)
        undecodable = ENTITY_UNDECODABLE if task == "entity_extraction" else TEXT_UNDECODABLE
        good = {"text_a": "a", "text_b": "a", "text": "a"}
        assert server.post(b"text=a", "application/x-www-form-urlencoded") == INVALID_ARGUMENT
        assert server.post(b'{"text": "\xff"}') == undecodable
        assert server.post(b'{"text": "a"') == JSON_INVALID
        assert server.post(b'["a"]') == INVALID_ARGUMENT
        assert asked(server, **{**good, field: 5}) == INVALID_ARGUMENT
        assert asked(server, **{**good, field: ""}) == MISSING
        assert asked(server, **{**good, field: None}) == MISSING

    @pytest.mark.parametrize("task", ["text_classification", "short_text_matching"])
    def test_texts_end_at_four_megabytes_of_utf8(self, serve: Serve, task: str) -> None:
        server = serve(task)
        most = "中" * (4_194_304 // 3)

        def sent(text: str) -> bytes:
            document = {"text": text, "text_a": text, "text_b": "a"}
            wanted = ("text",) if task == "text_classification" else ("text_a", "text_b")
            return json.dumps({name: document[name] for name in wanted}, ensure_ascii=False).encode()

        assert "error_code" not in server.post(sent(most))
        assert server.post(sent(most + "中")) == SIZE_INVALID

    def test_a_tokenizer_that_is_none_ends_the_start(self, models: Path, tmp_path: Path) -> None:
        folder = tmp_path / "model"
        folder.mkdir()
        for file in (models / "text_classification" / "model").iterdir():
            (folder / file.name).write_bytes(file.read_bytes())
        (folder / "tokenizer.json").write_text("{}")
        assert "tokenizer.json cannot be read" in refusal_to_serve(tmp_path)


def wav_of(seconds: float, *, rate: int = 8000, channels: int = 1, size: float = 0.5) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        count = int(seconds * rate)
        tone = (
            round(size * 32767 * math.copysign(1, math.sin(2 * math.pi * 200 * i / rate)))
            for i in range(count)
        )
        file.writeframes(b"".join(struct.pack("<h", value) * channels for value in tone))
    return buffer.getvalue()


_ENCODE = """
import base64, io, sys, av
source = av.open(io.BytesIO(base64.b64decode(sys.argv[1])), format="wav")
target = io.BytesIO()
with av.open(target, "w", format=sys.argv[2]) as container:
    stream = container.add_stream(sys.argv[3], rate=44100, layout="mono")
    resampler = av.audio.resampler.AudioResampler(stream.codec_context.format, "mono", 44100, 1024)
    for frame in source.decode(audio=0):
        for part in resampler.resample(frame):
            container.mux(stream.encode(part))
    for part in resampler.resample(None):
        container.mux(stream.encode(part))
    container.mux(stream.encode(None))
print(base64.b64encode(target.getvalue()).decode())
"""


@cache
def encoded(kind: str) -> bytes:
    codec = {"mp3": "libmp3lame", "ipod": "aac"}[kind]
    wav = base64.b64encode(wav_of(1.0)).decode()
    return base64.b64decode(run_python("serving", _ENCODE, wav, kind, codec, base=ROOT))


def sound(data: bytes, **more: object) -> bytes:
    return json.dumps({"sound": base64.b64encode(data).decode(), **more}).encode()


class TestSounds:
    @pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (16000, 1), (44100, 2)])
    def test_a_wav_of_any_rate_is_heard(self, serve: Serve, rate: int, channels: int) -> None:
        answer = serve("audio_classification").post(sound(wav_of(0.5, rate=rate, channels=channels)))
        scores = {row["name"]: row["score"] for row in answer["results"]}
        assert scores["loud"] == pytest.approx(0.5, abs=0.03)

    @pytest.mark.parametrize("kind", ["mp3", "ipod"])
    def test_mp3_and_m4a_are_heard_too(self, serve: Serve, kind: str) -> None:
        answer = serve("audio_classification").post(sound(encoded(kind)))
        assert {row["name"]: row["score"] for row in answer["results"]}["loud"] == pytest.approx(
            0.5, abs=0.06
        )

    def test_fifteen_seconds_are_the_most(self, serve: Serve) -> None:
        server = serve("audio_classification")
        assert "results" in server.post(sound(wav_of(15.0)))
        assert server.post(sound(wav_of(15.5))) == SIZE_INVALID

    def test_classes_are_six_by_default_and_limited_by_top_num(self, serve: Serve) -> None:
        server = serve("audio_classification")
        assert len(server.post(sound(wav_of(0.1)))["results"]) == 6
        assert len(server.post(sound(wav_of(0.1), top_num=1))["results"]) == 1
        assert len(server.post(sound(wav_of(0.1), top_num=99))["results"]) == 8

    def test_percent_encoded_base64_is_understood(self, serve: Serve) -> None:
        text = base64.b64encode(wav_of(0.1)).decode()
        encoded_text = text.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
        assert encoded_text != text
        assert "results" in asked(serve("audio_classification"), sound=encoded_text)

    @pytest.mark.parametrize(
        ("sent", "answer"),
        [
            (b"{}", MISSING),
            (b'{"sound": 5}', INVALID_ARGUMENT),
            (b'{"sound": "data:audio/wav;base64,UklG"}', BASE64_INVALID),
            (sound(b"#EXTM3U\n#EXT-X-TARGETDURATION:1\nfile:///etc/passwd\n"), SOUND_UNDECODABLE),
            (sound(b"fLaC" + bytes(100)), SOUND_UNDECODABLE),
            (sound(b"RIFF\0\0\0\0WAVE" + bytes(50)), SOUND_UNDECODABLE),
            (sound(b"ID3" + bytes(500)), SOUND_UNDECODABLE),
            (sound(b"\0\0\0\x18ftypM4A " + bytes(500)), SOUND_UNDECODABLE),
            (sound(wav_of(0)), SOUND_UNDECODABLE),
            (sound(bytes(3 * 1024 * 1024 + 3)), SIZE_INVALID),
        ],
        ids=[
            "missing",
            "number",
            "header",
            "playlist",
            "flac",
            "empty wav",
            "empty mp3",
            "empty m4a",
            "no samples",
            "too large",
        ],
    )
    def test_what_is_no_sound_is_refused(self, serve: Serve, sent: bytes, answer: dict[str, object]) -> None:
        assert serve("audio_classification").post(sent) == answer


def page(*lines: tuple[tuple[int, int, int, int], str]) -> Image.Image:
    """A white page with dark lines: halves of a line in the colours of its text."""
    colours = {"R": (110, 0, 0), "G": (0, 110, 0), "B": (0, 0, 110)}
    picture = Image.new("RGB", (320, 240), "white")
    for (left, top, right, bottom), text in lines:
        step = (right - left) / len(text)
        for place, letter in enumerate(text):
            box = (round(left + place * step), top, round(left + (place + 1) * step), bottom)
            picture.paste(colours[letter], box)
    return picture


class TestOcr:
    PAGE = page(((40, 30, 200, 60), "RG"), ((60, 120, 260, 150), "BRG"))

    def test_lines_are_read_from_the_top_with_their_corners(self, serve: Serve) -> None:
        results = serve("ocr").post(body(file_of(self.PAGE), threshold=0))["results"]
        assert [row["text"] for row in results] == ["RG", "BRG"]
        assert {row["name"] for row in results} == {"text"}
        corners = results[0]["location"]["points"]
        assert [tuple(point) for point in corners] == [("x", "y")] * 4
        upper_left, upper_right, lower_right, lower_left = ((point["x"], point["y"]) for point in corners)
        assert upper_left[0] < upper_right[0]
        assert lower_left[1] > upper_left[1]
        assert lower_right[0] > lower_left[0]
        assert upper_left[0] <= 40 <= 200 <= upper_right[0]
        assert upper_left[1] <= 30 <= 60 <= lower_left[1]

    def test_uncertain_lines_are_dropped(self, serve: Serve) -> None:
        assert serve("ocr").post(body(file_of(self.PAGE), threshold=1)) == {"results": []}

    def test_an_empty_page_has_no_lines(self, serve: Serve) -> None:
        assert serve("ocr").post(body(file_of(Image.new("RGB", (50, 40), "white")))) == {"results": []}

    def test_a_language_asks_for_the_other_answer(self, serve: Serve) -> None:
        answer = serve("ocr").post(body(file_of(self.PAGE), threshold=0, language_type="CHN_ENG"))
        assert answer["words_result_num"] == len(answer["words_result"]) == 2
        assert [row["words"] for row in answer["words_result"]] == ["RG", "BRG"]
        assert answer["words_results"] == answer["words_result"]
        assert "results" not in answer

    def test_all_languages_of_the_manual_are_taken(self, serve: Serve) -> None:
        picture = file_of(Image.new("RGB", (50, 40), "white"))
        assert len(LANGUAGES) == 25
        for language in LANGUAGES:
            answer = serve("ocr").post(body(picture, language_type=language))
            assert (language, answer["words_result"]) == (language, [])

    def test_a_general_model_answers_words_without_being_asked_for_a_language(self, serve: Serve) -> None:
        server = serve("ocr_words")
        asked_for = server.post(body(file_of(self.PAGE), threshold=0, language_type="CHN_ENG"))
        assert server.post(body(file_of(self.PAGE), threshold=0)) == asked_for
        assert asked_for["words_result_num"] == 2

    def test_another_language_is_refused(self, serve: Serve) -> None:
        answer = serve("ocr").post(body(file_of(self.PAGE), language_type="KLINGON"))
        assert answer["error_code"] == 336001
        assert "CHN_ENG" in answer["error_msg"]

    def test_the_checks_of_pictures_hold(self, serve: Serve) -> None:
        server = serve("ocr")
        assert server.post(b"{}") == MISSING
        assert server.post(body(b"GIF89a")) == UNDECODABLE
        assert server.post(body(file_of(Image.new("RGB", (10, 10))))) == SIZE_INVALID
