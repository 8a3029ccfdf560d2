"""How much of a file a reader takes at once; all of them ours."""

MIB = 1024 * 1024

SIDECAR_BYTES = 5 * MIB  # the annotation of one image
EMBEDDED_BYTES = 12 * MIB  # the same with the image itself inside it, as LabelMe does
CENTRAL_BYTES = 8 * MIB  # class lists and the like, read whole
CENTRAL_ITEM_BYTES = 16 * MIB  # one image or one object in a file about all images, which is streamed
CENTRAL_ITEMS = 5_000_000  # objects in files about all images
CENTRAL_IMAGES = 1_000_000  # images that one such file names
MEMORY_BYTES = 32 * MIB  # what is kept of a central file before it goes to a temporary file
YAML_BYTES = 256 * 1024
LINE_CHARACTERS = 64 * 1024
JSON_DEPTH = 32
XML_DEPTH = 32
LARGEST_COORDINATE = 1e9
SHARD_BYTES = 1024 * MIB  # of a tar file of an export
MASK_PIXELS = 4096 * 4096
IMAGE_MASK_PIXELS = 20 * MASK_PIXELS  # of all masks of one image that have to be unpacked
MASK_RUNS = 200_000
REGION_POINTS = 20_000
LISTED_MISMATCHES = 1_000
