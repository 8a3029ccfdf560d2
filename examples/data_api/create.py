"""Create a dataset with its version V1: python create.py NAME TYPE TEMPLATE_TYPE [STORAGE_PATH]"""

import sys

from calls import show

name, api_type, template_type, *path = sys.argv[1:]
storage = {"storage_type": "usrBos", "storage_path": path[0]} if path else {"storage_type": "sysBos"}
show("create", {"dataset_name": name, "type": api_type, "template_type": template_type, **storage})
