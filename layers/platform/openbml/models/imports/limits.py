"""Limits of model imports, all ours."""

from datetime import timedelta

MIB = 1024 * 1024
GIB = 1024 * MIB

FILES_PER_UPLOAD = 100
FILES_PER_FOLDER = 1_000
FILE_BYTES = 5 * GIB
TOTAL_BYTES = 20 * GIB
NAME_CHARACTERS = 200
URLS_PER_CALL = 100
PROBLEMS = 100

CODE_BYTES = MIB
LABELS_BYTES = 100_000
LABEL_CHARACTERS = 200

PATIENCE = timedelta(days=1)  # storage gives up a half upload after as long
SILENCE = timedelta(hours=2)  # of a submitted one, after which its work is asked for again
