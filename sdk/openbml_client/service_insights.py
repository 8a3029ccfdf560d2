"""What is known of services and of versions before they serve: logs of containers, performance curves."""

from collections.abc import Iterator

from openbml_client.resources import Document, Resource, given


class ServiceLogs(Resource):
    def newest(self, service_id: int, *, limit: int = 100, role: str = "main") -> list[Document]:
        """Return the newest lines of all copies, in the order of time."""
        lines: list[Document] = self._get(self._path(service_id), limit=limit, role=role)["items"]
        return lines

    def backwards(self, service_id: int, *, role: str = "main") -> Iterator[Document]:
        """Yield all lines, the newest first."""
        cursor: str | None = None
        while True:
            page = self._get(self._path(service_id), limit=500, role=role, **given(cursor=cursor))
            yield from reversed(page["items"])
            cursor = page["next_cursor"]
            if cursor is None:
                return

    @staticmethod
    def _path(service_id: int) -> str:
        return f"/services/{service_id}/logs"


class Performance(Resource):
    """How fast a model version answers, by compute units: measured once and kept."""

    def show(
        self,
        model_id: int,
        model_version: int,
        *,
        variant: str = "fp32",
        compute_units: int | None = None,
        instances: int | None = None,
    ) -> Document:
        """Return the state and the curve; with units and instances also an estimate for that service."""
        asked = {"model_id": model_id, "model_version": model_version, "variant": variant}
        return self._get("/performance", **asked, **given(compute_units=compute_units, instances=instances))

    def measure(self, model_id: int, model_version: int, *, variant: str = "fp32") -> Document:
        """Start the measurement, free of charge; what was measured stays as it is."""
        body = {"model_id": model_id, "model_version": model_version, "variant": variant}
        return self._post("/performance", body)
