"""Import a table of the catalogue: python create_import_task.py VERSION_ID DATABASE TABLE [skip|fail]"""

import sys

from calls import show

version_id, database, table, *column_error = sys.argv[1:]
show(
    "createImportTask",
    {
        "dataset_id": int(version_id),
        "data_source_type": "cloud_edap",
        "database_name": database,
        "table_name": table,
        "column_error": column_error[0] if column_error else "auto",
    },
)
