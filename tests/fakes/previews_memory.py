"""A fake of the preview repository, held to the adapter's contract suite."""

from openbml.core.scope import ProjectScope
from openbml.services.performance.previews import Preview, PreviewConflictError, PreviewKey


class InMemoryPreviews:
    def __init__(self) -> None:
        self._kept: dict[tuple[str, PreviewKey], Preview] = {}

    def find(self, scope: ProjectScope, key: PreviewKey) -> Preview | None:
        return self._kept.get((scope.key, key))

    def save(self, preview: Preview) -> None:
        stored = self.find(preview.scope, preview.key)
        if (stored.version if stored else 0) != preview.version - 1:
            raise PreviewConflictError(**preview.key.model_dump())
        self._kept[preview.scope.key, preview.key] = preview
