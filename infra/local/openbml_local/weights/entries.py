"""What the registry says of one file of weights, and what the catalogue wants it to hold."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from openbml_catalog.networks import PretrainedWeights, network_tasks, networks

TAG_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}(/[A-Za-z0-9][A-Za-z0-9._-]{0,99})?$"


class WeightsEntry(BaseModel):
    """One file in the registry."""

    model_config = ConfigDict(frozen=True)

    tag: str = Field(pattern=TAG_PATTERN)
    file: str = Field(pattern=r"^[A-Za-z0-9._-]{1,200}$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size_bytes: int = Field(ge=1)
    licence: str = Field(min_length=1, max_length=200)
    source: str = Field(min_length=1, max_length=1000)


class WeightsIndex(BaseModel):
    """`index.json` of a tag's folder."""

    model_config = ConfigDict(frozen=True)

    weights: tuple[WeightsEntry]


class KnownWeights(BaseModel):
    """Weights that networks of the catalogue start from; `source` is None where nobody publishes them
    openly."""

    model_config = ConfigDict(frozen=True)

    tag: str
    licence: str
    source: str | None
    networks: Sequence[str]


def known_weights() -> list[KnownWeights]:
    """Return the weights of all networks that are trained, in the catalogue's order, each tag once."""
    users: dict[str, list[str]] = {}
    rows: dict[str, PretrainedWeights] = {}
    for task in network_tasks():
        for network in networks(task).values():
            for row in network.weights:
                rows.setdefault(row.tag, row)
                users.setdefault(row.tag, [])
                if network.name not in users[row.tag]:
                    users[row.tag].append(network.name)
    return [
        KnownWeights(tag=tag, licence=row.licence, source=row.published_at, networks=users[tag])
        for tag, row in rows.items()
    ]
