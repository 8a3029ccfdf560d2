"""Delete a dataset with all its versions: python delete_dataset.py DATASET_ID"""

import sys

from calls import show

show("deleteDataset", {"dataset_group_id": int(sys.argv[1])})
