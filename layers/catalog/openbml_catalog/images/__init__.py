"""Container images: what each one trains, on how many nodes, and the figures its log lines carry."""

from collections.abc import Mapping, Sequence
from functools import cache

from pydantic import BaseModel, ConfigDict

from openbml_catalog.documents import load_document
from openbml_catalog.frameworks import frameworks


class Image(BaseModel):
    """An image of `containers/`.

    Attributes:
        trains: task codes whose preset networks it trains.
        max_nodes: how many nodes one of its jobs can use.
        epoch_figures: numbers printed as `name=value` after each epoch.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    repository: str
    trains: Sequence[str]
    max_nodes: int
    epoch_figures: Sequence[str]


@cache
def images() -> Mapping[str, Image]:
    """Return all images by name."""
    rows = load_document("images", "images.yaml")["images"]
    return {row["name"]: Image.model_validate(row) for row in rows}


def training_image(task: str) -> Image | None:
    """Return the image that trains the task's preset networks, None while there is none."""
    return next((image for image in images().values() if task in image.trains), None)


@cache
def predicting_images() -> Sequence[str]:
    """Return the images that answer with models: the platform's own tasks' and the frameworks'."""
    return sorted({"serving", *(row.image for row in frameworks().values() if row.image)})
