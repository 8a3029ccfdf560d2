"""The vision tasks of the one engine: what differs between them, one package each.

`VISION_TASKS` names the module of a task code of the catalogue; it has `task(job: TaskJob) -> VisionTask`.
Several codes may share a module.
"""

from collections.abc import Mapping

VISION_TASKS: Mapping[str, str] = {
    "image_classification": "classification.task",
    "image_classification_multi_label": "classification.task",
    "object_detection": "detection.task",
    "instance_segmentation": "instance_segmentation.task",
    "semantic_segmentation": "semantic_segmentation.task",
}
