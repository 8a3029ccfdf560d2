"""The repository of models with everything around it faked."""

from itertools import count

from openbml.models.auto_publish import FinishedRun, Wish, publish_finished_run
from openbml.models.models import Model
from openbml.models.publish_versions import (
    CopyOrder,
    ModelRequest,
    PublishRequest,
    copy_version,
    create_model,
    publish_version,
)
from openbml.models.sources import ModelSource
from openbml.models.versions import ModelVersion
from tests.fakes.compute_memory import NOON, RecordedEvents, Ticking
from tests.fakes.models_memory import FakeRunSource, InMemoryModelFiles, InMemoryModelRepository
from tests.fakes.services_memory import RecordedQueue
from tests.fakes.services_samples import SCOPE


class Desk:
    def __init__(self) -> None:
        self.models = InMemoryModelRepository()
        self.files = InMemoryModelFiles()
        self.runs = FakeRunSource()
        self.copies = RecordedQueue()
        self.events = RecordedEvents()
        self.now = Ticking()
        self.new_id = count(1).__next__

    def model(
        self,
        name: str = "digits",
        task_type: str = "image_classification",
        source: ModelSource = ModelSource.PRESET,
    ) -> Model:
        request = ModelRequest(name=name, task_type=task_type, source=source)
        return create_model(request, scope=SCOPE, models=self.models, new_id=self.new_id, now=self.now)

    def publish(self, model_id: int, run_id: int = 9) -> ModelVersion:
        return publish_version(
            PublishRequest(run_id=run_id),
            scope=SCOPE,
            model_id=model_id,
            models=self.models,
            runs=self.runs,
            files=self.files,
            copies=self.copies,
            now=self.now,
        )

    def copy(self, version: ModelVersion) -> ModelVersion:
        order = CopyOrder(scope=SCOPE, model_id=version.model_id, version_number=version.version_number)
        return copy_version(order, models=self.models, files=self.files, events=self.events)

    def publish_finished(
        self, run_id: int = 9, *, wish: Wish | None, name: str = "churn V1"
    ) -> ModelVersion | None:
        return publish_finished_run(
            FinishedRun(scope=SCOPE, run_id=run_id, name=name, auto_publish=wish, at=NOON),
            models=self.models,
            runs=self.runs,
            files=self.files,
            copies=self.copies,
            new_id=self.new_id,
            now=self.now,
        )

    def published(self, run_id: int = 9, *, wish: Wish) -> ModelVersion:
        version = self.publish_finished(run_id, wish=wish)
        assert version is not None
        return version
