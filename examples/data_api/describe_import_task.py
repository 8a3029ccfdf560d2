"""Follow an import to its end: python describe_import_task.py TASK_ID"""

import sys
import time

from calls import call, show

task = {"task_id": int(sys.argv[1])}
while call("describeImportTask", task)["result"]["import_status"] == "Importing":
    time.sleep(5)
show("describeImportTask", task)
