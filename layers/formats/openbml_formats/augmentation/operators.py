"""The catalogue's operators by name, all of one form."""

from collections.abc import Callable, Mapping

from PIL import Image

from openbml_formats.augmentation import coverings, inside_boxes, moves, tones
from openbml_formats.augmentation.scene import Randomness, Scene

# A scene, a magnitude (0 where the catalogue gives the operator none) and what chance is drawn from.
Apply = Callable[[Scene, float, Randomness], Scene]


def _plain(change: Callable[[Image.Image], Image.Image]) -> Apply:
    return lambda scene, _magnitude, _random: scene.with_image(change(scene.image))


def _toned(change: Callable[[Image.Image, float], Image.Image]) -> Apply:
    return lambda scene, magnitude, _random: scene.with_image(change(scene.image, magnitude))


OPERATORS: Mapping[str, Apply] = {
    "ShearX": moves.shear_x,
    "ShearY": moves.shear_y,
    "TranslateX": moves.translate_x,
    "TranslateY": moves.translate_y,
    "Rotate": moves.rotate,
    "ShearX_BBox": moves.shear_x,
    "ShearX_Only_BBoxes": inside_boxes.shear_x_inside,
    "ShearY_BBox": moves.shear_y,
    "ShearY_Only_BBoxes": inside_boxes.shear_y_inside,
    "TranslateX_BBox": moves.translate_x,
    "TranslateX_Only_BBoxes": inside_boxes.translate_x_inside,
    "TranslateY_BBox": moves.translate_y,
    "TranslateY_Only_BBoxes": inside_boxes.translate_y_inside,
    "Rotate_BBox": moves.rotate,
    "Rotate_Only_BBoxes": inside_boxes.rotate_inside,
    "AutoContrast": _plain(tones.auto_contrast),
    "Contrast": _toned(tones.contrast),
    "Invert": _plain(tones.invert),
    "Equalize": _plain(tones.equalize),
    "Equalize_Only_BBoxes": lambda scene, _magnitude, _random: inside_boxes.equalize_inside(scene),
    "Solarize": _toned(tones.solarize),
    "Solarize_Only_BBoxes": lambda scene, magnitude, _random: inside_boxes.solarize_inside(scene, magnitude),
    "Solarize_add": _toned(tones.solarize_add),
    "Posterize": _toned(tones.posterize),
    "Color": _toned(tones.color),
    "Brightness": _toned(tones.brightness),
    "Sharpness": _toned(tones.sharpness),
    "Cutout": coverings.cutout,
    "BBox_Cutout": coverings.bbox_cutout,
    "Cutout_Only_BBoxes": coverings.cutout_only_bboxes,
    "Flip_Only_BBoxes": lambda scene, _magnitude, _random: inside_boxes.flip_inside(scene),
}
