"""Delete one version of a dataset: python delete_dataset_version.py VERSION_ID"""

import sys

from calls import show

show("deleteDatasetVersion", {"dataset_id": int(sys.argv[1])})
