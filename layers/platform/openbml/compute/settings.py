"""Settings of what calls SageMaker; functions of other contexts that call a hosted model take them too."""

from openbml.core.settings import Settings


class ComputeSettings(Settings):
    """What whoever submits or deploys needs.

    Attributes:
        image_repository_prefix: registry and namespace of the images.
        batch_role_arn: of jobs that predict with a model's own image; empty where none are submitted.
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


class InvokerSettings(Settings):
    """What whoever only calls hosted models needs."""

    stage: str
