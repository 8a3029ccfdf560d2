"""Which of the files are a framework's model: by the catalogue's layouts."""

from collections.abc import Sequence
from typing import NamedTuple

from openbml_catalog.frameworks import Framework
from openbml_catalog.frameworks.file_rules import FileKind, Layout

# Arguments of service code, which are no model.
_PASSED_OVER = frozenset({"preprocess_args.json", "postprocess_args.json"})


class LayoutError(Exception):
    """No layout fits, or several files do; the code is `model_file_missing` or `model_file_ambiguous`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class FoundModel(NamedTuple):
    """Attributes:
    model_file: the file or folder that the framework loads, `.` for the root.
    kinds: files whose content is known, by name.
    """

    model_file: str
    kinds: dict[str, FileKind]


def find_model(framework: Framework, names: Sequence[str], *, chosen: str | None) -> FoundModel:
    """Return the model among the files.

    Args:
        names: without code and labels.
        chosen: the file that the user says is the model; None: told by the names.

    Raises:
        LayoutError
    """
    names = [name for name in names if name.rsplit("/", 1)[-1] not in _PASSED_OVER]
    if chosen is not None and chosen not in names:
        raise LayoutError("model_file_missing", f"there is no file {chosen}")
    reasons: list[LayoutError] = []
    for layout in framework.layouts:
        try:
            return _fitted(layout, names, chosen)
        except LayoutError as error:
            reasons.append(error)
    ambiguous = next((error for error in reasons if error.code == "model_file_ambiguous"), None)
    if ambiguous is not None:
        raise ambiguous
    wanted = ", or ".join(layout.text for layout in framework.layouts)
    raise LayoutError("model_file_missing", f"a {framework.name} model is {wanted}")


def _fitted(layout: Layout, names: Sequence[str], chosen: str | None) -> FoundModel:
    kinds: dict[str, FileKind] = {}
    loaded = "."
    for part in layout.parts:
        fitting = [name for name in names if part.fits(name)]
        if part.loaded and chosen is not None:
            fitting = [name for name in fitting if name == chosen]
        if not fitting:
            raise LayoutError("model_file_missing", f"{' or '.join(part.names)} is missing")
        if part.loaded and len(fitting) > 1:
            shown = ", ".join(fitting[:5])
            raise LayoutError("model_file_ambiguous", f"several files may be the model ({shown}): say which")
        kinds |= dict.fromkeys(fitting, part.kind)
        if part.loaded:
            loaded = fitting[0]
    if layout.loads == "folder":
        loaded = loaded.rpartition("/")[0] or "."
    return FoundModel(loaded, kinds)
