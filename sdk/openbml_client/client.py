"""The control API by resource; every call here is one route of `/v1/openapi.json`."""

from collections.abc import Iterator, Mapping
from typing import Any, Self

from openbml_client.batches import Batches
from openbml_client.calls import ServiceCalls
from openbml_client.datasets import Datasets
from openbml_client.errors import NotFoundError
from openbml_client.models import Models
from openbml_client.resources import Document, Resource, named
from openbml_client.service_insights import Performance, ServiceLogs
from openbml_client.training import Training
from openbml_client.transport import Transport

__all__ = ["Client", "Datasets", "Document", "Models", "ProjectClient", "Services", "Training"]


class Client:
    """One user's view of an installation.

    Args:
        transport: how calls are sent; default: the stored session.

    Example:
        >>> client = Client()
        >>> project = client.project()          # the default project
        >>> [dataset["name"] for dataset in project.datasets.list()]
    """

    def __init__(self, transport: Transport | None = None) -> None:
        self.transport = transport or Transport()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.transport.close()

    def me(self) -> Document:
        return self._get("/v1/identity/me")

    def set_paid_billing(self, *, active: bool) -> Document:
        document: Document = self.transport.call(
            "PATCH", "/v1/identity/account", body={"paid_billing": active}
        )
        return document

    def projects(self) -> list[Document]:
        return list(self.transport.pages("/v1/identity/projects"))

    def create_project(self, name: str, description: str = "") -> Document:
        return self._post("/v1/identity/projects", {"name": name, "description": description})

    def applications(self) -> list[Document]:
        return list(self.transport.pages("/v1/identity/applications"))

    def create_application(
        self,
        name: str,
        description: str = "",
        *,
        project_id: int | None = None,
        data_access: str = "manage",
    ) -> Document:
        """Make an application; in the data API it acts in your name.

        Args:
            project_id: where; left out, the first project in which you may make applications.
            data_access: `none`, `read`, `write` or `manage`.
        """
        body = {"name": name, "description": description, "data_access": data_access}
        place = {} if project_id is None else {"project_id": project_id}
        return self._post("/v1/identity/applications", {**body, **place})

    def delete_application(self, app_id: int) -> None:
        self.transport.call("DELETE", f"/v1/identity/applications/{app_id}")

    def catalog(self) -> Document:
        return self._get("/v1/training/catalog")

    def preset_script(
        self,
        task_type: str,
        network: str,
        *,
        algorithm_type: str | None = None,
        training_way: str | None = None,
    ) -> str:
        """Return the script that users of a network start from; the last two are for tables."""
        document = self._get(
            "/v1/training/preset-script",
            task_type=task_type,
            network=network,
            algorithm_type=algorithm_type,
            training_way=training_way,
        )
        return str(document["script"])

    def prices(self) -> Document:
        return self._get("/v1/metering/prices")

    def bill(self, month: str | None = None) -> Document:
        return self._get("/v1/metering/bill", month=month)

    def ledger(self) -> Iterator[Document]:
        return self.transport.pages("/v1/metering/ledger")

    def project(self, reference: str | int | None = None) -> "ProjectClient":
        """Return one project by name or id; default: the session's choice, else the project `default`.

        Raises:
            NotFoundError: no such project, or no grant in it.
        """
        session = self.transport.session
        wanted = reference or (session.project_id if session else None) or "default"
        for project in self.projects():
            if str(wanted) in (str(project["project_id"]), project["name"]):
                return ProjectClient(self.transport, int(project["project_id"]))
        raise NotFoundError(f"You have no project {wanted!r}. `bml projects list` shows yours.")

    def _get(self, path: str, **params: Any) -> Document:
        document: Document = self.transport.call("GET", path, params=params)
        return document

    def _post(self, path: str, body: Mapping[str, Any]) -> Document:
        document: Document = self.transport.call("POST", path, body=body)
        return document


class ProjectClient:
    """The resources of one project."""

    def __init__(self, transport: Transport, project_id: int) -> None:
        self.project_id = project_id
        self.datasets = Datasets(transport, f"/v1/datasets/projects/{project_id}")
        self.training = Training(transport, f"/v1/training/projects/{project_id}")
        self.models = Models(transport, f"/v1/models/projects/{project_id}")
        self.services = Services(transport, f"/v1/services/projects/{project_id}")
        self.batches = Batches(transport, f"/v1/services/projects/{project_id}")
        self.calls = ServiceCalls(transport, f"/v1/services/projects/{project_id}")
        self.service_logs = ServiceLogs(transport, f"/v1/services/projects/{project_id}")
        self.performance = Performance(transport, f"/v1/services/projects/{project_id}")


class Services(Resource):
    def deploy(self, body: Mapping[str, Any]) -> Document:
        return self._post("/services", body)

    def list(self) -> Iterator[Document]:
        return self._pages("/services")

    def find(self, reference: str | int) -> Document:
        return named(self.list(), reference, "service_id", "service")

    def get(self, service_id: int) -> Document:
        return self._get(f"/services/{service_id}")

    def stop(self, service_id: int) -> Document:
        return self._post(f"/services/{service_id}/stop")

    def restart(self, service_id: int) -> Document:
        return self._post(f"/services/{service_id}/restart")

    def wake(self, service_id: int) -> Document:
        """Wake a sleeping service before anybody calls it."""
        return self._post(f"/services/{service_id}/wake")

    def change(self, service_id: int, changes: Mapping[str, Any]) -> Document:
        """Bring another version online, scale, or give machines to a service without any.

        Args:
            changes: any of `model_version`, `compute_units`, `instances` and `variant`.
        """
        return self._patch(f"/services/{service_id}", changes)

    def add_challenger(self, service_id: int, body: Mapping[str, Any]) -> Document:
        """Bring a second version online beside a running one.

        Args:
            body: `model_version`, and any of `share` (percent of the calls), `compute_units`, `instances` and
                `variant`.
        """
        return self._post(f"/services/{service_id}/challenger", body)

    def change_challenger(self, service_id: int, changes: Mapping[str, Any]) -> Document:
        """Replace or scale the second version; one that failed is tried again."""
        return self._patch(f"/services/{service_id}/challenger", changes)

    def remove_challenger(self, service_id: int) -> Document | None:
        return self._delete(f"/services/{service_id}/challenger")

    def promote_challenger(self, service_id: int) -> Document:
        """Have the second version answer every call, and end the first."""
        return self._post(f"/services/{service_id}/challenger/promote")

    def split_traffic(self, service_id: int, traffic: Mapping[str, Any]) -> Document:
        """Change how calls are split.

        Args:
            traffic: `challenger_share` in percent, `sticky`, `shadow`; what is left out is 0 or false.
        """
        return self._put(f"/services/{service_id}/traffic", traffic)

    def set_sleep_policy(self, service_id: int, policy: Mapping[str, Any]) -> Document:
        """Let a service fall asleep when nobody calls it.

        Args:
            policy: `idle_minutes`, and any of `starts_at`, `ends_at`, `while_asleep` and `prewarm`.
        """
        return self._put(f"/services/{service_id}/sleep-policy", policy)

    def remove_sleep_policy(self, service_id: int) -> Document | None:
        return self._delete(f"/services/{service_id}/sleep-policy")

    def set_recording(self, service_id: int, recording: Mapping[str, Any]) -> Document:
        """Choose which calls are recorded.

        Args:
            recording: any of `mode` (none, errors, sampled, all), `percent` and `keep_inputs`.
        """
        return self._put(f"/services/{service_id}/recording", recording)

    def delete(self, service_id: int) -> None:
        self._delete(f"/services/{service_id}")

    def calls(self, service_id: int) -> Iterator[Document]:
        return self._pages(f"/services/{service_id}/calls")

    def start_validation(self, model_id: int, model_version: int) -> Document:
        """Start a temporary service of a model version; it ends by itself after half an hour."""
        return self._post("/validations", {"model_id": model_id, "model_version": model_version})

    def validation(self, validation_id: int) -> Document:
        return self._get(f"/validations/{validation_id}")

    def ask_validation(self, validation_id: int, document: Mapping[str, Any]) -> Document:
        """Return what the model answers to a request of its prediction API."""
        return self._post(f"/validations/{validation_id}/predict", document)

    def end_validation(self, validation_id: int) -> None:
        self._delete(f"/validations/{validation_id}")
