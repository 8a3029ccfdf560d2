"""Settings of what calls SageMaker; functions of other contexts that call a hosted model take them too."""

from openbml.compute.hostings import HostingMode
from openbml.core.settings import Settings


class ComputeSettings(Settings):
    """What whoever submits or deploys needs.

    Attributes:
        image_repository_prefix: registry and namespace of the images.
        batch_role_arn: of jobs that predict with a model's own image; empty where none are submitted.
        hosting_mode: what new hostings are made as.
        hosting_looks_queue_url: of `track_hosting` only.
    """

    stage: str
    compute_table_name: str
    image_repository_prefix: str
    image_tag: str
    training_role_arn: str
    hosting_role_arn: str
    data_job_role_arn: str
    search_role_arn: str
    batch_role_arn: str = ""
    hosting_mode: HostingMode = HostingMode.ENDPOINTS
    hosting_looks_queue_url: str = ""


class InvokerSettings(Settings):
    """What whoever only calls hosted models needs.

    Attributes:
        hosting_mode: what most hostings are: it is asked for first.
    """

    stage: str
    hosting_mode: HostingMode = HostingMode.ENDPOINTS
