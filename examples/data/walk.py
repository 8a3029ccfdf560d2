"""A dataset from pictures to a second dataset and back: import, label, export, compare.

Usage: python examples/data/walk.py
"""

import json
import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

from PIL import Image, ImageDraw

from openbml_client import Client, OpenBMLClientError
from openbml_client.client import ProjectClient
from openbml_client.datasets import DatasetVersion
from openbml_client.errors import NotFoundError
from openbml_client.sessions import SessionFile
from openbml_client.transport import Transport

PICTURES = 6
SIDE = 320
SHAPES = ("circle", "square")
Box = tuple[str, int, int, int, int]


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


def sign_in(folder: Path) -> Client:
    """Sign in as `OPENBML_EMAIL`, else as the administrator of the local cloud."""
    email, password = os.environ.get("OPENBML_EMAIL"), os.environ.get("OPENBML_PASSWORD")
    url = os.environ.get("OPENBML_URL")
    if not email or not password:
        bml = Path(sys.executable).with_name("bml")
        reply = subprocess.run(
            [str(bml), "status", "--json", "--show-password"], capture_output=True, text=True, check=False
        )
        if reply.returncode != 0:
            raise OpenBMLClientError("The local cloud is not up. Run `bml up` and try again.")
        status = json.loads(reply.stdout)
        url = url or status["url"]
        email, password = status["administrator"]["email"], status["administrator"]["password"]
    transport = Transport(url, sessions=SessionFile(folder / "session.json"))
    transport.sign_in(email, password)
    return Client(transport)


def draw(folder: Path) -> None:
    """Write pictures of circles and squares, each with a Pascal VOC file; the last says nothing yet."""
    chance = random.Random(7)
    for number in range(PICTURES):
        picture = Image.new("RGB", (SIDE, SIDE), "white")
        boxes = [place(ImageDraw.Draw(picture), chance, column) for column in range(2)]
        picture.save(folder / f"shapes_{number}.png")
        told = boxes if number < PICTURES - 1 else []
        (folder / f"shapes_{number}.xml").write_bytes(voc(told))


def place(pen: ImageDraw.ImageDraw, chance: random.Random, column: int) -> Box:
    """Draw one shape in the left or right half."""
    size, shape = chance.randint(40, 120), chance.choice(SHAPES)
    x1 = chance.randint(0, SIDE // 2 - size) + column * SIDE // 2
    y1 = chance.randint(0, SIDE - size)
    corners = (x1, y1, x1 + size, y1 + size)
    colour = (chance.randint(0, 200), chance.randint(0, 200), chance.randint(0, 200))
    if shape == "circle":
        pen.ellipse(corners, fill=colour)
    else:
        pen.rectangle(corners, fill=colour)
    return (shape, *corners)


def voc(boxes: list[Box]) -> bytes:
    root = ElementTree.Element("annotation")
    size = ElementTree.SubElement(root, "size")
    for name, value in (("width", SIDE), ("height", SIDE), ("depth", 3)):
        ElementTree.SubElement(size, name).text = str(value)
    for shape, *corners in boxes:
        found = ElementTree.SubElement(root, "object")
        ElementTree.SubElement(found, "name").text = str(shape)
        box = ElementTree.SubElement(found, "bndbox")
        for name, value in zip(("xmin", "ymin", "xmax", "ymax"), corners, strict=True):
            ElementTree.SubElement(box, name).text = str(value)
    return ElementTree.tostring(root)


def fresh(project: ProjectClient, name: str) -> DatasetVersion:
    """Return a new, empty dataset beside those of earlier walks."""
    number = 1
    while True:
        try:
            project.datasets.find(f"{name}-{number}")
        except NotFoundError:
            made = project.datasets.create(f"{name}-{number}", kind="object_detection")
            return project.datasets.at(int(made["dataset_id"]), 1)
        number += 1


def boxes_by_name(version: DatasetVersion) -> dict[str, Counter[tuple[str, ...]]]:
    """Return each sample's boxes, to whole pixels, in no order."""
    found = {}
    for sample, annotation in version.samples.annotations():
        boxes = [
            (region["label"], *(f"{region['box'][side]:.0f}" for side in ("x1", "y1", "x2", "y2")))
            for region in annotation["regions"]
        ]
        found[Path(sample["name"]).stem] = Counter(boxes)
    return found


def label_the_rest(version: DatasetVersion) -> None:
    """Give every unlabelled sample a box, as a person would in the console."""
    sample = version.samples.next()
    while sample is not None:
        region = {"label": "square", "box": {"x1": 10, "y1": 10, "x2": 60, "y2": 60}}
        done = version.samples.annotate(
            int(sample["sample_id"]),
            {"regions": [region]},
            expected_revision=int(sample["annotation_revision"]),
        )
        say(f"  {sample['name']} is at revision {done['annotation_revision']}")
        sample = version.samples.next(after=int(sample["sample_id"]))


def walk(project: ProjectClient, folder: Path) -> None:
    pictures = folder / "pictures"
    pictures.mkdir()
    draw(pictures)

    say("Import a folder of pictures with Pascal VOC files")
    first = fresh(project, "shapes")
    ended = first.import_files([pictures])
    say(f"  {ended['format']}: {ended['counts']['accepted']} samples, {ended['counts']['rejected']} rejected")
    for label in first.labels.list():
        say(f"  {label['name']}: {label['object_count']} objects in {label['sample_count']} samples")

    say("Label what has no label yet")
    label_the_rest(first)

    say("Export as COCO")
    export = first.exports.create("coco")
    first.exports.wait(int(export["export_id"]))
    archive = first.exports.download(int(export["export_id"]), folder / "shapes.zip")
    say(f"  {archive.name}: {archive.stat().st_size} bytes")

    say("Import the export into a second dataset")
    second = fresh(project, "shapes-again")
    ended = second.import_files([archive])
    say(f"  {ended['format']}: {ended['counts']['accepted']} samples")

    say("Compare")
    before, after = boxes_by_name(first), boxes_by_name(second)
    if before != after:
        raise OpenBMLClientError(f"The datasets differ: {before} became {after}.")
    say(f"  {len(before)} samples with {sum(map(Counter.total, before.values()))} boxes are the same")


def main() -> None:
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with sign_in(folder) as client:
            walk(client.project(), folder)


if __name__ == "__main__":
    try:
        main()
    except OpenBMLClientError as error:
        sys.exit(f"The walk stopped: {error}")
