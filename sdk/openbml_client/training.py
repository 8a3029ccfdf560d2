"""Experiments, runs, their reports, and searches for hyper-parameters."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from openbml_client.downloads import Download
from openbml_client.resources import Document, Resource, named


class Training(Resource):
    """Training in one project."""

    def create_experiment(self, name: str, *, task_type: str, direction: str, **fields: str) -> Document:
        body = {"name": name, "task_type": task_type, "direction": direction, **fields}
        return self._post("/experiments", body)

    def experiments(self) -> Iterator[Document]:
        return self._pages("/experiments")

    def find_experiment(self, reference: str | int) -> Document:
        return named(self.experiments(), reference, "experiment_id", "experiment")

    def start_run(self, experiment_id: int, body: Mapping[str, Any]) -> Document:
        return self._post(f"/experiments/{experiment_id}/runs", body)

    def runs(self, experiment_id: int) -> Iterator[Document]:
        return self._pages(f"/experiments/{experiment_id}/runs")

    def run(self, run_id: int) -> Document:
        return self._get(f"/runs/{run_id}")

    def stop_run(self, run_id: int) -> Document:
        return self._post(f"/runs/{run_id}/stop")

    def rebuild(self, run_id: int) -> Document:
        """Train a run once more on the same frozen data; return the new run."""
        return self._post(f"/runs/{run_id}/rebuilds")

    def rebuild_comparison(self, run_id: int) -> Document:
        """Return how alike a rebuild and the run that it repeats are.

        Raises:
            ApiError: it is no rebuild, or has not succeeded.
        """
        return self._get(f"/runs/{run_id}/rebuild-comparison")

    def metrics(self, run_id: int) -> Document:
        return self._get(f"/runs/{run_id}/metrics")

    def leaderboard(self, run_id: int) -> Document:
        """Return the models that a run of a table has trained so far, the best first."""
        return self._get(f"/runs/{run_id}/leaderboard")

    def table_columns(
        self,
        dataset_id: int,
        version_number: int,
        *,
        target: str | None = None,
        algorithm_type: str | None = None,
    ) -> Document:
        """Return what a table's columns are to a training: kinds, values, warnings, fit of the target.

        Args:
            target: the column to predict.
            algorithm_type: what is to be predicted; default: what suits the target best.
        """
        return self._get(
            "/table-columns",
            dataset_id=dataset_id,
            version_number=version_number,
            target=target,
            algorithm_type=algorithm_type,
        )

    def logs(self, run_id: int, after: int | None = None) -> Document:
        return self._get(f"/runs/{run_id}/logs", after=after)

    def script(self, run_id: int) -> str:
        """Return the script that a run trains with.

        Raises:
            NotFoundError: it trains without one.
        """
        return str(self._get(f"/runs/{run_id}/script")["script"])

    def report(self, run_id: int) -> Document:
        return self._get(f"/runs/{run_id}/report")

    def download_report(self, run_id: int, target: Path) -> Path:
        """Fetch the report as one HTML file that needs nothing else.

        Raises:
            DownloadError: it cannot be fetched.
        """
        return Download(
            lambda: str(self._get(f"/runs/{run_id}/report/download")["download_url"]),
            target,
            tag=run_id,
            http=self._transport.storage(),
        ).run()

    def comparison(self, experiment_id: int, run_ids: Sequence[int]) -> Document:
        """Return the figures and hyper-parameters of two to ten runs side by side."""
        chosen = ",".join(str(run_id) for run_id in run_ids)
        return self._get(f"/experiments/{experiment_id}/comparison", run_ids=chosen)

    def samples(self, run_id: int) -> Document:
        """Return what the model said of a few evaluated samples during training."""
        return self._get(f"/runs/{run_id}/samples")

    def searches(self, *, experiment_id: int | None = None, network: str | None = None) -> Iterator[Document]:
        return self._pages("/searches", experiment_id=experiment_id, network=network)

    def search(self, search_id: int) -> Document:
        return self._get(f"/searches/{search_id}")

    def trials(self, search_id: int) -> Iterator[Document]:
        return self._pages(f"/searches/{search_id}/trials")

    def importance(self, search_id: int) -> Document:
        """Return how much each hyper-parameter mattered in a search."""
        return self._get(f"/searches/{search_id}/importance")
