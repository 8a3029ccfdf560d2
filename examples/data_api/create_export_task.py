"""Export a version: python create_export_task.py VERSION_ID [STORAGE_PATH]"""

import sys

from calls import show

version_id, *path = sys.argv[1:]
storage = {"storage_type": "usrBos", "storage_path": path[0]} if path else {"storage_type": "sysBos"}
show("createExportTask", {"dataset_id": int(version_id), **storage})
