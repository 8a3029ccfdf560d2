"""Between services and compute: what is asked of it for a deployment, and what it says."""

from datetime import datetime

from openbml.compute.hostings import Hosting, HostingRequest, HostingState
from openbml.compute.owners import Owner
from openbml.services.collaborators import OWNER_CONTEXT
from openbml.services.configurations import EVALUATED_VARIANT, Configuration
from openbml.services.deployments import Deployment, HostingReport
from openbml.services.services import Service

_TOLD = (HostingState.IN_SERVICE, HostingState.FAILED, HostingState.REMOVED)


def hosting_request(service: Service, deployment: Deployment) -> HostingRequest:
    """Raises ServiceStateError: nobody gave the deployment machines."""
    wanted = deployment.wanted
    if wanted.compute_units is None or wanted.instances is None:
        raise service.refusal("deployed without machines")
    return HostingRequest(
        deployment_id=deployment.deployment_id,
        owner=Owner(context=OWNER_CONTEXT, id=str(service.service_id)),
        scope=service.scope,
        image=wanted.image,
        model_uri=wanted.model_uri,
        compute_units=wanted.compute_units,
        copies=wanted.instances,
        revision=deployment.revision,
        environment=_environment(wanted),
    )


def report_of(hosting: Hosting) -> HostingReport:
    return HostingReport(
        deployment_id=hosting.deployment_id,
        state=hosting.state,
        revision=hosting.serving_revision,
        failure=hosting.failure,
        at=hosting.changed_at,
    )


def answer_of(hosting: Hosting, asked_at: datetime) -> HostingReport | None:
    """Return what compute answers to a wish, None while it works on it.

    The hosting may not have changed for the wish, so that its state is older; as an answer it is news.
    """
    if hosting.state not in _TOLD:
        return None
    report = report_of(hosting)
    return report.model_copy(update={"at": max(report.at, asked_at)})


def _environment(wanted: Configuration) -> dict[str, str]:
    """The evaluated file is the image's own choice."""
    return {} if wanted.variant == EVALUATED_VARIANT else {"OPENBML_MODEL_VARIANT": wanted.variant}
