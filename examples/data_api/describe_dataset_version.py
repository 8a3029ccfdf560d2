"""Describe a version: python describe_dataset_version.py VERSION_ID"""

import sys

from calls import show

show("describeDatasetVersion", {"dataset_id": int(sys.argv[1])})
