"""Look into a table of the catalogue before importing it: python guess_schema.py DATABASE TABLE"""

import sys

from calls import show

database, table = sys.argv[1:]
show("guessSchema", {"data_source_type": "cloud_edap", "database_name": database, "table_name": table})
