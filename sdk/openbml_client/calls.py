"""Calls of a project's services: records, statistics, comparison, feedback, snippets."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from openbml_client.resources import Document, Resource, given


class ServiceCalls(Resource):
    """What came of calls. A `log_id` is a text here: it has more digits than a JavaScript number keeps."""

    def list(
        self,
        service_id: int,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        app_id: int | None = None,
        error_code: int | None = None,
        failed: bool | None = None,
        model_version: int | None = None,
        role: str | None = None,
        label: str | None = None,
    ) -> Iterator[Document]:
        """Yield recorded calls that fit all conditions, the newest first.

        Args:
            since, until: times with an offset; `until` itself is not part.
            role: main, challenger, or shadow: copies whose answers nobody got.
            label: a name among the results.
        """
        wanted = given(
            app_id=app_id, error_code=error_code, model_version=model_version, role=role, label=label
        )
        if failed is not None:
            wanted["failed"] = str(failed).lower()
        times = _times(since, until)
        return self._pages(f"/services/{service_id}/calls", **wanted, **times)

    def get(self, log_id: int | str) -> Document:
        """Return a call of any service of the project, with `content` where that was kept."""
        return self._get(f"/calls/{log_id}")

    def metrics(self, service_id: int, *, minutes: int = 60) -> Sequence[Document]:
        """Return calls, errors and latencies of the last minutes, up to 1440, by role."""
        items: Sequence[Document] = self._get(f"/services/{service_id}/metrics", minutes=minutes)["items"]
        return items

    def usage(
        self,
        *,
        first: date | None = None,
        last: date | None = None,
        service_id: int | None = None,
        app_id: int | None = None,
    ) -> Sequence[Document]:
        """Return how often applications called services, day by day (Beijing's days)."""
        days = {name: day.isoformat() for name, day in (("from", first), ("to", last)) if day}
        wanted = given(service_id=service_id, app_id=app_id)
        items: Sequence[Document] = self._get("/usage", **days, **wanted)["items"]
        return items

    def comparison(
        self, service_id: int, *, since: datetime | None = None, until: datetime | None = None
    ) -> Document:
        """Return how two online versions do, the tests between them, and a verdict."""
        return self._get(f"/services/{service_id}/comparison", **_times(since, until))

    def give_feedback(
        self, service_id: int, log_id: int | str, *, correct: bool, expected: Sequence[str] = ()
    ) -> Document:
        """Say whether an answer was right, and which labels would have been; the last word counts."""
        body = {"correct": correct, "expected": [*expected]}
        return self._put(f"/services/{service_id}/calls/{log_id}/feedback", body)

    def import_feedback(
        self, service_id: int, log_ids: Sequence[int | str], *, dataset_id: int, version_number: int
    ) -> Sequence[Document]:
        """Add kept pictures or texts of up to 50 calls to a dataset; return what became of each."""
        body = {
            "log_ids": [str(log_id) for log_id in log_ids],
            "dataset_id": dataset_id,
            "version_number": version_number,
        }
        items: Sequence[Document] = self._post(f"/services/{service_id}/feedback-imports", body)["items"]
        return items

    def snippets(self, service_id: int) -> Sequence[Document]:
        """Return programs that call the service: `language`, `file_name`, `text`."""
        items: Sequence[Document] = self._get(f"/services/{service_id}/snippets")["items"]
        return items


def _times(since: datetime | None, until: datetime | None) -> Document:
    return {name: at.isoformat() for name, at in (("from", since), ("to", until)) if at}
