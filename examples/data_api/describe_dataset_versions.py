"""List the versions of a dataset: python describe_dataset_versions.py DATASET_ID"""

import sys

from calls import show

show("describeDatasetVersions", {"dataset_group_id": int(sys.argv[1]), "limit": 100, "offset": 0})
