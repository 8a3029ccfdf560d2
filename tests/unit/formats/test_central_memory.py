"""Files about all images may be as large as they like: memory does not follow."""

import subprocess
import sys

import pytest

MOST_BYTES = 512 * 1024 * 1024
SCRIPT = """
import io, resource, sys
from openbml_catalog.datasets import dataset_kinds
from openbml_formats.protocols import ReadSettings
from openbml_formats.readers import reader_of
from openbml_formats.sources import Member

IMAGES = 50_000
POINTS = b",".join(b"%d.25" % (n * 7 % 600) for n in range(80))

def coco():
    yield b'{"images": [{"id": -1, "file_name": "none.jpg"}'
    for n in range(IMAGES):
        yield b', {"id": %d, "file_name": "%d.jpg"}' % (n, n)
    yield b'], "categories": [{"id": 1, "name": "a"}], "annotations": ['
    yield b'{"image_id": 0, "category_id": 1, "bbox": [1, 1, 2, 2]}'
    for n in range(600_000):
        yield b', {"image_id": %d, "category_id": 1, "bbox": [1, 2, 3, 4], ' % (n * 31 % IMAGES)
        yield b'"segmentation": [[%s]]}' % POINTS
    yield b"]}"

def cvat():
    yield b"<annotations>"
    ring = b";".join(b"%d.25,%d.5" % (n * 7 % 600, n * 11 % 400) for n in range(40))
    for n in range(IMAGES):
        shape = b"<polygon label='a' points='%s'/>" % ring
        yield b"<image name='%d.jpg' width='640' height='480'>%s</image>" % (n, shape * 12)
    yield b"</annotations>"

class Stream(io.RawIOBase):
    def __init__(self, parts):
        self.parts, self.rest, self.size = parts, b"", 0
    def readable(self):
        return True
    def readinto(self, target):
        while len(self.rest) < len(target) and (part := next(self.parts, b"")):
            self.rest += part
        count = min(len(target), len(self.rest))
        target[:count], self.rest = self.rest[:count], self.rest[count:]
        self.size += count
        Stream.total = self.size
        return count

class Large:
    def members(self):
        return [Member(sys.argv[2], 1), *(Member(f"{n}.jpg", 1) for n in range(IMAGES))]
    def open(self, name):
        return io.BufferedReader(Stream(globals()[sys.argv[1]]()))

settings = ReadSettings(kind=dataset_kinds()["instance_segmentation"])
count = 0
for record in reader_of(sys.argv[1]).records(Large(), settings):
    count += 1
print(count, Stream.total, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


@pytest.mark.slow
@pytest.mark.parametrize(("format_code", "name"), [("coco", "c.json"), ("cvat", "annotations.xml")])
def test_three_hundred_megabytes_take_less_than_512(format_code: str, name: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT, format_code, name],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path)},
        timeout=900,
    )
    count, size, memory = map(int, ended.stdout.split())
    assert count >= 50_000
    assert size > 270_000_000
    assert memory < MOST_BYTES
