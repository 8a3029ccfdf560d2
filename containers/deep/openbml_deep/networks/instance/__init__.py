"""Networks that find objects with their masks; each module builds those of one source or paper."""

from openbml_deep.vision_operators import provide_vision_operators

# Before any module of this package imports torchvision.
provide_vision_operators()
