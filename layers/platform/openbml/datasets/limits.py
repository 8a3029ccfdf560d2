"""Limits of datasets, all in one place (spec 02 sections 1.4, 3.1, 3.4, 4; ours where marked).

What belongs to a kind of dataset or to a format stands in the catalogue's kinds.yaml and formats.yaml.
"""

MIB = 1024 * 1024

# --- the manual's ---
NAME_CHARACTERS = 50
ARCHIVE_BYTES = 5 * 1024 * MIB
IMAGE_BYTES = 4 * MIB
IMAGE_ASPECT_RATIO = 3
IMAGE_LONGEST_SIDE = 4096  # strictly less
IMAGE_SHORTEST_SIDE = 30  # strictly more
SOUND_BYTES = 4 * MIB

LINE_SHORTEST_SIDE = 4  # ours: of images of text lines, strictly more

# --- ours: what keeps a worker small and an import finite ---
PLAN_TEXT_BYTES = 64 * MIB  # more text than that is planned by a data job
PLAN_CENTRAL_BYTES = 64 * MIB  # as is an annotation file about all images that is larger
PLAN_WORKBOOK_BYTES = 16 * MIB  # and a workbook
TEXT_SHARD_SAMPLES = 10_000
THUMBNAIL_SIDE = 256
LABELS_PER_VERSION = 5_000
LABELS_PER_GROUP = 500
LABEL_GROUPS_PER_PROJECT = 500
LABEL_REMARK_CHARACTERS = 200

# --- ours: what keeps lists short ---
VERSIONS_PER_DATASET = 1_000
DESCRIPTION_CHARACTERS = 500

# --- ours: uploads ---
PART_BYTES = 8 * MIB
PARTS = 1_000
FILES_PER_IMPORT = 100
URLS_PER_CALL = 100

# --- ours: reports ---
PROBLEMS_PER_PART = 500
INLINE_PART_BYTES = 50_000  # larger parts lie in S3

# --- exports ---
DOWNLOAD_URL_S = 3600  # the manual's (spec 02 section 8.13)
OPEN_JOBS_PER_VERSION = 10  # ours
EXPORT_DAYS = 7  # ours: how long an archive that lies with the platform stays
