"""Limits of image datasets, all in one place (spec 02 sections 1.4, 3.1, 3.4; ours where marked)."""

MIB = 1024 * 1024

# --- the manual's ---
NAME_CHARACTERS = 50
ARCHIVE_BYTES = 5 * 1024 * MIB
IMAGE_BYTES = 4 * MIB
IMAGE_ASPECT_RATIO = 3
IMAGE_LONGEST_SIDE = 4096  # strictly less
IMAGE_SHORTEST_SIDE = 30  # strictly more
IMAGES_PER_DATASET = 100_000
ITEMS_PER_USER = 100_000
IMAGES_PER_ACCOUNT = 200_000
LABEL_NAME_BYTES = 20

# --- ours: what keeps a worker small and an import finite ---
ARCHIVE_ENTRIES = 300_000
ENTRY_NAME_CHARACTERS = 400
ANNOTATION_BYTES = 5 * MIB
BOMB_RATIO = 100  # declared bytes per archive byte
BOMB_BYTES = 1024 * MIB  # a smaller archive may compress as well as it likes
DIRECTORY_BYTES = 64 * MIB
SHARD_SAMPLES = 1_000
SHARD_BYTES = 32 * MIB
TEXT_SHARD_SAMPLES = 10_000
LISTED_MISMATCHES = 1_000
THUMBNAIL_SIDE = 256
LABELS_PER_VERSION = 5_000

# --- ours: what keeps lists short ---
DATASETS_PER_PROJECT = 5_000
VERSIONS_PER_DATASET = 1_000
DESCRIPTION_CHARACTERS = 500

# --- ours: uploads ---
PART_BYTES = 8 * MIB
PARTS = 1_000
URLS_PER_CALL = 100

# --- exports ---
DOWNLOAD_URL_S = 3600  # the manual's (spec 02 section 8.13)
OPEN_JOBS_PER_VERSION = 10  # ours
