"""A policy: which operators an image gets, drawn anew every time it is seen."""

from collections.abc import Sequence
from typing import NamedTuple

from openbml_catalog.augmentation.settings import ChosenOperator
from openbml_formats.augmentation.operators import OPERATORS
from openbml_formats.augmentation.scene import Randomness, Scene, drawn


class Step(NamedTuple):
    """An operator of a policy; its magnitude is drawn evenly from low to high."""

    name: str
    probability: float
    low: float = 0.0
    high: float = 0.0


class Applied(NamedTuple):
    """What became of a scene, and which operators did it with which magnitudes, in order."""

    scene: Scene
    operators: tuple[tuple[str, float], ...]


class Policy:
    """Steps that are asked for every image, and groups of which one is drawn for each (a sub-policy).

    Sources: Cubuk et al. 2019, arXiv:1805.09501 (sub-policies); Müller and Hutter 2021, arXiv:2103.10158
    (magnitudes drawn evenly).
    """

    def __init__(self, always: Sequence[Step] = (), groups: Sequence[Sequence[Step]] = ()) -> None:
        self.always = tuple(always)
        self.groups = tuple(tuple(group) for group in groups)

    @classmethod
    def of(cls, operators: Sequence[ChosenOperator]) -> "Policy":
        """Return the policy of checked settings (`AugmentationSettings.checked`)."""
        groups: dict[int, list[Step]] = {}
        always: list[Step] = []
        for chosen in operators:
            low, high = chosen.magnitude or (0.0, 0.0)
            step = Step(chosen.name, float(chosen.probability or 0.0), float(low), float(high))
            (always if chosen.group is None else groups.setdefault(chosen.group, [])).append(step)
        return cls(always, [groups[number] for number in sorted(groups)])

    def __bool__(self) -> bool:
        return bool(self.always or self.groups)

    def apply(self, scene: Scene, random: Randomness) -> Scene:
        """Return the scene after the operators that chance gives it, in the policy's order."""
        return self.applied(scene, random).scene

    def applied(self, scene: Scene, random: Randomness) -> Applied:
        """As `apply`, and tell what was done."""
        steps = self.always + (drawn(self.groups, random) if self.groups else ())
        done = []
        for step in steps:
            if random.random() < step.probability:
                magnitude = random.uniform(step.low, step.high)
                scene = OPERATORS[step.name](scene, magnitude, random)
                done.append((step.name, magnitude))
        return Applied(scene, tuple(done))
