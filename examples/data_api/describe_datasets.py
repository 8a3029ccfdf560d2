"""List datasets, all pages: python describe_datasets.py [WORD]"""

import sys

from calls import call

word = " ".join(sys.argv[1:])
offset, total = 0, 1
while offset < total:
    page = call("describeDatasets", {"word": word, "limit": 100, "offset": offset})
    for dataset in page["datasets"]:
        print(dataset["dataset_group_id"], dataset["dataset_name"])  # noqa: T201
    offset, total = offset + 100, page["page_info"]["total"]
