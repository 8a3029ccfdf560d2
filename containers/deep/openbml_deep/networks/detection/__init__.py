"""Networks that find boxes; each module builds those of one source (`networks.ADAPTERS`)."""

from openbml_deep.vision_operators import provide_vision_operators

# Before any module of this package imports torchvision.
provide_vision_operators()
