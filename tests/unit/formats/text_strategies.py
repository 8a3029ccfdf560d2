"""Samples of every kind of text, as datasets hold them."""

from collections.abc import Sequence

from hypothesis import strategies as st

from openbml_catalog.datasets import dataset_kinds
from openbml_formats.annotations import Annotation, Span
from openbml_formats.text_rules import TextError, checked_text

TextSample = tuple[Sequence[str], Annotation]

_CHARACTERS = st.one_of(
    st.sampled_from(list("ab \t\n,;\"'|/#=-O天气𝒳é\u3000\u2028\ufeff0")), st.characters(codec="utf-8")
)


def _kept(text: str) -> str:
    try:
        return checked_text(text, dataset_kinds()["entity_extraction"]).text
    except TextError:
        return ""


def texts() -> st.SearchStrategy[str]:
    """Texts that an import has checked."""
    return st.text(_CHARACTERS, min_size=1, max_size=24).map(lambda text: _kept(text) or "0")


def names() -> st.SearchStrategy[str]:
    return st.text(st.sampled_from("abXY09天/:;\"'- ,|"), min_size=1, max_size=8).map(str.strip).filter(bool)


def classified(*, several: bool) -> st.SearchStrategy[TextSample]:
    labels = st.lists(names(), max_size=3 if several else 1, unique=True)
    return st.tuples(st.tuples(texts()), labels.map(lambda found: Annotation(labels=tuple(found))))


def pairs() -> st.SearchStrategy[TextSample]:
    labels = st.sampled_from([(), ("0",), ("1",)])
    return st.tuples(st.tuples(texts(), texts()), labels.map(lambda found: Annotation(labels=found)))


@st.composite
def spanned(draw: st.DrawFn) -> TextSample:
    text = draw(texts())
    spans = []
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start + 1, len(text)))
        label = draw(st.sampled_from(["PER", "org1", "Time"]))
        spans.append(Span(label=label, start=start, end=end, text=text[start:end]))
    return (text,), Annotation(spans=tuple(spans))


@st.composite
def tagged(draw: st.DrawFn) -> TextSample:
    """A sentence in IOB with type first or last."""
    token = st.text(_CHARACTERS, min_size=1, max_size=5).map(_token)
    tokens = draw(st.lists(token, min_size=1, max_size=6))
    tags = draw(
        st.lists(
            st.sampled_from(["O", "PER-B", "PER-I", "B-loc", "I-loc", "a b-B"]),
            min_size=len(tokens),
            max_size=len(tokens),
        )
    )
    return tuple(tokens), Annotation(tags=tuple(tags))


def _token(text: str) -> str:
    kept = [
        character for character in text if character.isprintable() or character in "\t\u3000\u2028\ufeff "
    ]
    return "".join(kept) or "x"


SAMPLES = {
    "text_classification": classified(several=False),
    "text_classification_multi_label": classified(several=True),
    "short_text_matching": pairs(),
    "entity_extraction": spanned(),
    "sequence_labelling": tagged(),
}
