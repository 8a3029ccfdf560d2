"""Add an empty version: python create_dataset_version.py DATASET_ID TYPE TEMPLATE_TYPE [DESCRIPTION]"""

import sys

from calls import show

dataset_id, api_type, template_type, *description = sys.argv[1:]
show(
    "createDatasetVersion",
    {
        "dataset_group_id": int(dataset_id),
        "type": api_type,
        "template_type": template_type,
        "description": " ".join(description),
    },
)
