"""Files of jobs: where they go and what they say. Port and the models of the files this context reads."""

from collections.abc import Mapping
from typing import Annotated, Any, Protocol

from pydantic import BaseModel, ConfigDict, Field

from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope
from openbml.training.runs import Outcome

REPORT_FORMAT = "openbml.report/1"
REPORT_PAGE = "report.html"
CODE_FOLDER = "code/"  # below a run's folder: the channel `code`


class ReportUnreadableError(OpenBMLError):
    """A job left a report that cannot be read; details: reason."""


Figure = Annotated[float, Field(allow_inf_nan=False)]


class Report(BaseModel):
    """`report.json` of a job of any task, as far as this context reads it; the whole document is `document`.

    Attributes:
        overall: figures by name; null where there was nothing to evaluate, e.g. no small object.
        topk: of classification: accuracy within the k most confident classes.
    """

    model_config = ConfigDict(frozen=True)

    overall: Mapping[str, Figure | None] = Field(max_length=50)
    topk: Mapping[str, Figure] = Field(default={}, max_length=50)
    recommended_threshold: float | None = Field(default=None, ge=0, le=1)
    document: Mapping[str, Any]

    @property
    def outcome(self) -> Outcome:
        told = {name: value for name, value in self.overall.items() if value is not None}
        tops = {f"top{name}": value for name, value in self.topk.items()}
        return Outcome(metrics={**told, **tops}, recommended_threshold=self.recommended_threshold)


class ModelFacts(BaseModel):
    """What a job's model folder says of how it was made; None where it does not."""

    model_config = ConfigDict(frozen=True)

    code_digest: str | None = None
    image_digest: str | None = None
    graph_digest: str | None = None


class JobFiles(Protocol):
    """Port to where jobs keep their files."""

    def runs_uri(self, scope: ProjectScope) -> str:
        """Return the folder of the project's runs."""

    def weights_uri(self, tag: str) -> str | None:
        """Return the registry's folder of these weights, None where it does not hold them."""

    def write_script(self, scope: ProjectScope, run_id: int, script: str) -> None:
        """Keep the script that a run trains with; the same again is harmless."""

    def script(self, scope: ProjectScope, run_id: int) -> str | None:
        """Return the script that a run trains with, None if it has none."""

    def report(self, data_uri: str) -> Report | None:
        """Return the report in a job's data folder, None if there is none. Raises ReportUnreadableError."""

    def model_facts(self, model_uri: str) -> ModelFacts | None:
        """Return what `model.json` of a job's model folder says, None where there is no such document."""

    def url(self, data_uri: str, name: str) -> str:
        """Return an address that reads a file of a job's data folder for some minutes.

        Raises:
            ReportUnreadableError: the folder lies outside the data bucket.
        """

    def download_url(self, data_uri: str, name: str, filename: str) -> str | None:
        """Return an address that a browser saves under the name, None where there is no such file.

        Raises:
            ReportUnreadableError: the folder lies outside the data bucket.
        """
