"""The sets of real data, where they are at hand, against the counts of their README."""

from collections import Counter

import pytest

from openbml_formats.records import Record
from openbml_formats.sources import FilesInMemory, Source
from openbml_formats.tag_schemes import TagScheme, chunks
from tests.fakes.format_files import ZipFileSource, export_samples, read, read_settings, written
from tests.fakes.sample_data import SAMPLE_DATA

DATA = SAMPLE_DATA
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the sample sets are not on this machine")


def source_of(name: str) -> Source:
    path = DATA / name
    return ZipFileSource(path) if path.suffix == ".zip" else FilesInMemory({path.name: path.read_bytes()})


def label_counts(records: list[Record]) -> dict[str, int]:
    return dict(
        Counter(label for record in records if record.annotation for label in record.annotation.labels)
    )


@pytest.mark.parametrize(
    ("name", "lines", "labels"),
    [
        ("text_classification/thucnews/train.txt", 2000, dict.fromkeys(range(10), 200)),
        ("text_classification/thucnews/test.txt", 500, dict.fromkeys(range(10), 50)),
        ("text_classification/thucnews/unlabelled_answers.txt", 1500, dict.fromkeys(range(10), 150)),
        ("text_classification/banking/test.txt", 200, dict.fromkeys(range(10), 20)),
        ("text_classification/sms_spam/train.txt", 2000, {"ham": 1737, "spam": 263}),
        ("text_classification/sms_spam/test.txt", 500, {"ham": 427, "spam": 73}),
        ("text_classification/sentiment_en/train.txt", 2000, {"negative": 1009, "positive": 991}),
        ("text_classification/sentiment_en/test.txt", 400, {"negative": 197, "positive": 203}),
        ("short_text_similarity/banking_pairs/train.txt", 2000, {"0": 1000, "1": 1000}),
        ("short_text_similarity/banking_pairs/test.txt", 300, {"0": 150, "1": 150}),
        ("short_text_similarity/pawsx_zh/train.txt", 1585, {"0": 916, "1": 669}),
        ("short_text_similarity/pawsx_zh/test.txt", 294, {"0": 158, "1": 136}),
        ("short_text_similarity/stsb_zh/train.txt", 2000, {"0": 1000, "1": 1000}),
        ("short_text_similarity/stsb_zh/test.txt", 400, {"0": 285, "1": 115}),
    ],
)
def test_labelled_lines_give_the_counted_samples(name: str, lines: int, labels: dict[object, int]) -> None:
    kind = "short_text_matching" if "similarity" in name else "text_classification"
    records, problems = read("text_labels", source_of(name), read_settings(kind))
    counts = label_counts(records)
    assert len(records) == lines
    assert sorted(counts.values()) == sorted(labels.values())
    assert set(labels) <= set(counts) or all(isinstance(label, int) for label in labels)
    assert {problem.reason for problem in problems} <= {"text_cut", "control_characters"}


def test_ten_intents_of_a_bank_are_counted() -> None:
    records, _ = read(
        "text_labels",
        source_of("text_classification/banking/train.txt"),
        read_settings("text_classification"),
    )
    assert len(records) == 1282
    assert label_counts(records) == {
        "age_limit": 110,
        "card_arrival": 153,
        "cash_withdrawal_charge": 177,
        "change_pin": 121,
        "exchange_rate": 112,
        "lost_or_stolen_card": 82,
        "passcode_forgotten": 105,
        "request_refund": 169,
        "terminate_account": 108,
        "top_up_failed": 145,
    }


@pytest.mark.parametrize(
    ("format_code", "name", "kind", "count"),
    [
        ("text_lines", "text_classification/thucnews/unlabelled.txt", "text_classification", 1500),
        ("text_files", "text_classification/thucnews/unlabelled.zip", "text_classification", 20),
        ("text_json", "text_classification/thucnews/labelled.zip", "text_classification", 50),
        ("text_lines", "entity_extraction/weibo/unlabelled.txt", "entity_extraction", 255),
        ("text_files", "entity_extraction/weibo/unlabelled.zip", "entity_extraction", 50),
        ("excel", "entity_extraction/weibo/unlabelled.xlsx", "entity_extraction", 100),
    ],
)
def test_every_text_of_a_set_is_a_sample(format_code: str, name: str, kind: str, count: int) -> None:
    records, problems = read(format_code, source_of(name), read_settings(kind))
    assert (len(records), problems) == (count, [])
    labelled = [record for record in records if record.annotation and record.annotation.labels]
    assert len(labelled) == (count if format_code == "text_json" else 0)


def test_the_answers_of_entity_extraction_are_spans_of_their_texts() -> None:
    settings = read_settings("entity_extraction")
    records, problems = read("json_lines", source_of("entity_extraction/weibo/answers.jsonl"), settings)
    spans = [(record, span) for record in records if record.annotation for span in record.annotation.spans]
    assert (len(records), len(spans), problems) == (255, 376, [])
    assert all(record.texts[0][span.start : span.end] == span.text for record, span in spans)
    lines, _ = read("text_lines", source_of("entity_extraction/weibo/unlabelled.txt"), settings)
    assert [record.texts for record in lines] == [record.texts for record in records]
    table, _ = read("excel", source_of("entity_extraction/weibo/unlabelled.xlsx"), settings)
    assert [record.texts for record in table] == [record.texts for record in records[:100]]


WEIBO_TRAIN = {"GPENAM": 188, "GPENOM": 8, "LOCNAM": 50, "LOCNOM": 50, "ORGNAM": 159, "ORGNOM": 34}
WEIBO_TEST = {"GPENAM": 26, "GPENOM": 1, "LOCNAM": 6, "LOCNOM": 6, "ORGNAM": 46, "ORGNOM": 5}
WNUT_TRAIN = {"corporation": 198, "creativework": 128, "group": 235, "location": 504}
WNUT_TEST = {"corporation": 18, "creativework": 55, "group": 23, "location": 48}


@pytest.mark.parametrize(
    ("name", "lines", "entities"),
    [
        ("weibo/train_iob.zip", 1174, WEIBO_TRAIN | {"PERNAM": 466, "PERNOM": 649}),
        ("weibo/test_iob.zip", 255, WEIBO_TEST | {"PERNAM": 88, "PERNOM": 198}),
        ("wnut17/train_iob.zip", 1600, WNUT_TRAIN | {"person": 608, "product": 130}),
        ("wnut17/test_iob.zip", 500, WNUT_TEST | {"person": 272, "product": 59}),
    ],
)
def test_tagged_sentences_have_the_counted_entities(name: str, lines: int, entities: dict[str, int]) -> None:
    settings = read_settings("sequence_labelling", scheme="IOB")
    records, problems = read("tagged", source_of(f"sequence_labelling/{name}"), settings)
    found = Counter(
        chunk.type
        for record in records
        if record.annotation
        for chunk in chunks(record.annotation.tags, TagScheme.IOB)
    )
    assert (len(records), problems, dict(found)) == (lines, [], entities)


def test_the_iobes_part_has_the_chunks_of_the_same_sentences_in_iob() -> None:
    iobes = read_settings("sequence_labelling", scheme="IOBES")
    iob = read_settings("sequence_labelling", scheme="IOB")
    few, problems = read("tagged", source_of("sequence_labelling/weibo/sample_iobes.zip"), iobes)
    assert (len(few), problems) == (300, [])
    all_of_train, _ = read("tagged", source_of("sequence_labelling/weibo/train_iob.zip"), iob)
    by_tokens = {record.texts: record.annotation for record in all_of_train}
    for record in few:
        same = by_tokens[record.texts]
        assert record.annotation is not None
        assert same is not None
        assert list(chunks(record.annotation.tags, TagScheme.IOBES)) == list(chunks(same.tags, TagScheme.IOB))


@pytest.mark.parametrize(
    ("name", "kind", "read_as", "formats"),
    [
        (
            "text_classification/thucnews/train.txt",
            "text_classification",
            "text_labels",
            ["text_labels", "text_json", "csv", "json_lines"],
        ),
        (
            "short_text_similarity/pawsx_zh/test.txt",
            "short_text_matching",
            "text_labels",
            ["text_labels", "csv", "json_lines"],
        ),
        (
            "sequence_labelling/wnut17/test_iob.zip",
            "sequence_labelling",
            "tagged",
            ["tagged", "conll", "json_lines"],
        ),
        ("entity_extraction/weibo/answers.jsonl", "entity_extraction", "json_lines", ["json_lines"]),
    ],
)
def test_a_set_survives_every_format_that_writes_it(
    name: str, kind: str, read_as: str, formats: list[str]
) -> None:
    settings = read_settings(kind, scheme="IOB" if kind == "sequence_labelling" else None)
    records, _ = read(read_as, source_of(name), settings)
    expected = [(record.texts, record.annotation) for record in records]
    samples = export_samples((record.texts, record.annotation) for record in records if record.annotation)
    assert len(samples) == len(records)
    for format_code in formats:
        archive = written(format_code, settings, samples)
        again, problems = read(format_code, archive.source(), settings)
        assert [(record.texts, record.annotation) for record in again] == expected
        assert problems == [] or {problem.severity.value for problem in problems} == {"skipped"}
