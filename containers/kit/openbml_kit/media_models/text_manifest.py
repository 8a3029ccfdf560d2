"""Models of texts. Beside `model.onnx` lies `tokenizer.json` of the tokenizers library.

Inputs of the graph, int64, shape (n, tokens), as many of them as it declares: `input_ids`, `attention_mask`,
`token_type_ids`. Outputs, every score in 0..1:
    text_classification, text_classification_multi_label: `scores` (n, labels)
    short_text_matching: `scores` (n, 1)
    sequence_labelling, entity_extraction: `tag_scores` (n, tokens, tags)
"""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field, model_validator

from openbml_kit.media_models.served_manifest import ServedManifest

TOKENIZER_FILE = "tokenizer.json"


class TextManifest(ServedManifest):
    """Attributes:
    max_tokens: of one run of the graph, special tokens included.
    tags: of each token, in the order of the scores. Of entities in the BIO or BIOES scheme, the class
        behind the dash.
    """

    task: Literal[
        "text_classification",
        "text_classification_multi_label",
        "short_text_matching",
        "sequence_labelling",
        "entity_extraction",
    ]
    max_tokens: int = Field(ge=8, le=8192)
    tags: Sequence[str] = ()
    top_num_default: int = Field(default=6, ge=1)

    @model_validator(mode="after")
    def _has_what_it_answers(self) -> "TextManifest":
        if self.task in ("sequence_labelling", "entity_extraction"):
            if not self.tags:
                raise ValueError(f"a model of {self.task} needs tags")
        elif self.task != "short_text_matching" and not self.labels:
            raise ValueError(f"a model of {self.task} needs labels")
        return self
