"""Names of our objects in SageMaker: derived, because its creates take no client token."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field


class ComputeNames(BaseModel):
    model_config = ConfigDict(frozen=True)

    stage: str = Field(pattern=r"^[a-z0-9]{1,16}$")

    def job(self, job_id: str) -> str:
        return f"{self._jobs}{job_id}"

    def job_id(self, name: str) -> str | None:
        """Return the id behind a name, None for a name that is not this stage's."""
        return name.removeprefix(self._jobs) if name.startswith(self._jobs) else None

    def endpoint(self, deployment_id: str) -> str:
        return f"{self._endpoints}{deployment_id}"

    def deployment_id(self, name: str) -> str | None:
        return name.removeprefix(self._endpoints) if name.startswith(self._endpoints) else None

    def revision(self, deployment_id: str, revision: int) -> str:
        """Return the name of a revision's model, and of its endpoint configuration or inference component."""
        return f"{self.endpoint(deployment_id)}-r{revision}"

    def pool(self, project_id: int, instance_type: str) -> str:
        """Return the name of the endpoint whose machines hostings of a project share."""
        return f"{self.pools}{project_id}-{instance_type.removeprefix('ml.').replace('.', '-')}"

    def project_id(self, name: str) -> int | None:
        """Return the project behind a pool's name, None for a name that is not this stage's."""
        number = name.removeprefix(self.pools).partition("-")[0] if name.startswith(self.pools) else ""
        return int(number) if number.isdigit() else None

    def log_groups(self, deployment_id: str, revisions: Sequence[int]) -> Sequence[str]:
        """Return where containers of a hosting may have written, whichever mode it is or was."""
        components = [self.revision(deployment_id, revision) for revision in revisions]
        return [
            f"/aws/sagemaker/Endpoints/{self.endpoint(deployment_id)}",
            *(f"/aws/sagemaker/InferenceComponents/{name}" for name in components),
        ]

    @property
    def pools(self) -> str:
        return f"openbml-{self.stage}-pool-"

    @staticmethod
    def revision_of(name: str) -> int:
        number = name.rpartition("-r")[2]
        return int(number) if number.isdigit() else 0

    @property
    def _jobs(self) -> str:
        return f"openbml-{self.stage}-run-"

    @property
    def _endpoints(self) -> str:
        return f"openbml-{self.stage}-svc-"
