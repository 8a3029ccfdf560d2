"""The space of sub-nets: what one is, and how one is drawn, changed and crossed.

Block-based, after Once-for-All (arXiv 1908.09791): inverted residual blocks in stages; a sub-net chooses
the side of its input, how many blocks each stage has, and each block's kernel and expansion.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

Kernel = Literal[3, 5, 7]
Expansion = Literal[3, 4, 6]
KERNELS: Sequence[Kernel] = (3, 5, 7)
EXPANSIONS: Sequence[Expansion] = (3, 4, 6)
DEPTHS = (2, 3, 4)
DEEPEST = max(DEPTHS)
# The input's side may be this part of the job's, rounded to a multiple of 8.
SIDES = (0.57, 0.72, 0.86, 1.0)


@dataclass(frozen=True)
class Stage:
    channels: int
    stride: int


STAGES = (Stage(24, 2), Stage(40, 2), Stage(80, 2), Stage(112, 1), Stage(160, 2))
STEM_CHANNELS = 16
HEAD_CHANNELS = 640


class Subnet(BaseModel):
    """One architecture of the space.

    Attributes:
        input_size: side of its square input, pixels.
        depths: blocks of each stage.
        kernels, expansions: of every block, `DEEPEST` for each stage; those beyond a stage's depth say
        nothing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    input_size: int
    depths: tuple[int, ...]
    kernels: tuple[Kernel, ...]
    expansions: tuple[Expansion, ...]

    @model_validator(mode="after")
    def _fits_the_space(self) -> "Subnet":
        blocks = len(STAGES) * DEEPEST
        if len(self.depths) != len(STAGES) or any(depth not in DEPTHS for depth in self.depths):
            raise ValueError(f"depths are {len(STAGES)} numbers out of {DEPTHS}")
        if (len(self.kernels), len(self.expansions)) != (blocks, blocks):
            raise ValueError(f"kernels and expansions are {blocks} each")
        if not 16 <= self.input_size <= 1024:
            raise ValueError("input_size is between 16 and 1024")
        return self

    def canonical(self) -> "Subnet":
        """Return the same architecture with the smallest choices where a block is not used."""
        kernels, expansions = list(self.kernels), list(self.expansions)
        for stage, depth in enumerate(self.depths):
            for block in range(depth, DEEPEST):
                kernels[stage * DEEPEST + block] = KERNELS[0]
                expansions[stage * DEEPEST + block] = EXPANSIONS[0]
        return self.model_copy(update={"kernels": tuple(kernels), "expansions": tuple(expansions)})


class SubnetError(ValueError):
    """A text describes no sub-net of the space."""


def read_subnet(text: str) -> Subnet:
    """Raises SubnetError."""
    try:
        return Subnet.model_validate_json(text)
    except ValidationError as error:
        raise SubnetError(f"no sub-net of this space: {error.errors()[0]['msg']}") from error


class Space:
    """The sub-nets of a job, drawn with its own randomness."""

    def __init__(self, *, input_size: int, seed: int) -> None:
        self.sides = tuple(sorted({max(32, round(input_size * part / 8) * 8) for part in SIDES}))
        self._random = random.Random(seed)

    def largest(self) -> Subnet:
        return self._uniform(self.sides[-1], DEPTHS[-1], KERNELS[-1], EXPANSIONS[-1])

    def smallest(self) -> Subnet:
        return self._uniform(self.sides[0], DEPTHS[0], KERNELS[0], EXPANSIONS[0])

    def drawn(self) -> Subnet:
        blocks = len(STAGES) * DEEPEST
        choose = self._random.choice
        return Subnet(
            input_size=choose(self.sides),
            depths=tuple(choose(DEPTHS) for _ in STAGES),
            kernels=tuple(choose(KERNELS) for _ in range(blocks)),
            expansions=tuple(choose(EXPANSIONS) for _ in range(blocks)),
        ).canonical()

    def mutated(self, parent: Subnet, *, probability: float) -> Subnet:
        """Return the parent with each choice drawn anew at the probability."""
        return self._mixed(parent, self.drawn(), probability=probability)

    def crossed(self, one: Subnet, other: Subnet) -> Subnet:
        """Return a child that has each choice of one parent or the other."""
        return self._mixed(one, other, probability=0.5)

    def _mixed(self, base: Subnet, other: Subnet, *, probability: float) -> Subnet:
        def either(mine: Any, theirs: Any) -> Any:
            return theirs if self._random.random() < probability else mine

        return Subnet(
            input_size=either(base.input_size, other.input_size),
            depths=tuple(map(either, base.depths, other.depths)),
            kernels=tuple(map(either, base.kernels, other.kernels)),
            expansions=tuple(map(either, base.expansions, other.expansions)),
        ).canonical()

    def _uniform(self, side: int, depth: int, kernel: Kernel, expansion: Expansion) -> Subnet:
        blocks = len(STAGES) * DEEPEST
        return Subnet(
            input_size=side,
            depths=(depth,) * len(STAGES),
            kernels=(kernel,) * blocks,
            expansions=(expansion,) * blocks,
        ).canonical()
