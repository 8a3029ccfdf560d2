"""Add an image with a box: python add_entity.py VERSION_ID IMAGE LABEL LEFT TOP WIDTH HEIGHT"""

import base64
import sys
from pathlib import Path

from calls import show

version_id, image, label, *sides = sys.argv[1:]
left, top, width, height = map(float, sides)
show(
    "addentity",
    {
        "dataset_id": int(version_id),
        "type": "OBJECT_DETECTION",
        "template_type": "OBJECT_DETECTION_RECTANGLE",
        "entity_content": base64.b64encode(Path(image).read_bytes()).decode(),
        "labels": [{"label_name": label, "left": left, "top": top, "width": width, "height": height}],
        "append_label": False,
    },
)
