"""Follow an export to its end, for its fresh download address: python describe_export_task.py TASK_ID"""

import sys
import time

from calls import call, show

task = {"task_id": int(sys.argv[1])}
while call("describeExportTask", task)["export_status"] == "Exporting":
    time.sleep(5)
show("describeExportTask", task)
