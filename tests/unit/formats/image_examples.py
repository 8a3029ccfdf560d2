"""A small valid source of each image format, as its tool writes it."""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from openbml_formats import masks
from openbml_formats.annotations import Region
from openbml_formats.png_bitmaps import Bitmap, written_png
from openbml_formats.records import Problem
from tests.fakes.image_format_files import read

JPEG = b"\xff\xd8\xff image"
MASK = masks.from_polygons([((2, 2), (20, 2), (20, 12), (2, 12))], 64, 48)
PNG = base64.b64encode(written_png(Bitmap(18, 10, bytes([1]) * 180))).decode()

VOC = b"""<?xml version="1.0" encoding="UTF-8"?>
<annotation verified="yes"><folder>f</folder><filename>p7.jpg</filename>
  <source><database>Unknown</database><annotation>PASCAL</annotation></source>
  <size><width>64</width><height>48</height><depth>3</depth></size><segmented>0</segmented>
  <object><name>bolt</name><pose>Left</pose><truncated>0</truncated><difficult>1</difficult>
    <bndbox><ymax>40</ymax><xmin>12.5</xmin><ymin>4</ymin><xmax>60</xmax></bndbox>
    <part><name>head</name><bndbox><xmin>1</xmin></bndbox></part><part><name>tail</name></part>
  </object>
</annotation>"""

COCO: dict[str, Any] = {
    "info": {"year": 2024},
    "licenses": [],
    "images": [
        {"id": 1, "file_name": "a.jpg", "width": 64, "height": 48},
        {"id": 2, "file_name": "deep/b.jpg", "width": 64, "height": 48},
    ],
    "annotations": [
        {
            "id": 1,
            "image_id": 1,
            "category_id": 3,
            "bbox": [1, 2, 10.5, 20],
            "area": 210,
            "iscrowd": 0,
            "segmentation": [[1, 2, 11.5, 2, 11.5, 22, 1, 22]],
        },
        {
            "id": 2,
            "image_id": 2,
            "category_id": 3,
            "bbox": [2, 2, 18, 10],
            "area": 180,
            "iscrowd": 1,
            "segmentation": {"size": [48, 64], "counts": masks.to_coco_string(MASK)},
            "attributes": {"occluded": False},
        },
        {
            "id": 3,
            "image_id": 2,
            "category_id": 3,
            "bbox": [2, 2, 18, 10],
            "segmentation": {"size": [48, 64], "counts": list(MASK.counts)},
        },
    ],
    "categories": [{"id": 3, "name": "bolt", "supercategory": "x"}],
}

LABELME: dict[str, Any] = {
    "version": "5.5.0",
    "flags": {"night": True},
    "shapes": [
        {"label": "bolt", "points": [[1, 2], [30, 2], [30, 20]], "group_id": None, "shape_type": "polygon"},
        {
            "label": "bolt",
            "points": [[30, 20], [1, 2]],
            "group_id": None,
            "shape_type": "rectangle",
            "flags": {},
        },
        {"label": "nut", "points": [[20, 20], [25, 20]], "shape_type": "circle", "description": "round"},
        {"label": "nut", "points": [[2, 2], [19, 11]], "shape_type": "mask", "mask": PNG},
    ],
    "imagePath": "a.jpg",
    "imageData": None,
    "imageHeight": 48,
    "imageWidth": 64,
}

CVAT = b"""<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version><meta><task><id>1</id></task></meta>
  <image id="0" name="a.jpg" width="64" height="48">
    <box label="bolt" source="manual" occluded="1" xtl="1.50" ytl="2" xbr="20" ybr="30" z_order="0">
      <attribute name="colour">red</attribute></box>
    <polygon label="bolt" occluded="0" points="1.0,2.0;30.0,2.0;30.0,20.0" z_order="2"></polygon>
    <ellipse label="nut" cx="20" cy="20" rx="5" ry="8" rotation="30"/>
    <mask label="nut" rle="0, 4, 1, 5" left="10" top="20" width="5" height="2"></mask>
    <tag label="night"/>
  </image>
  <image id="1" name="deep/b.jpg" width="64" height="48"></image>
</annotations>"""

LABEL_STUDIO: list[dict[str, Any]] = [
    {
        "id": 1,
        "data": {"image": "/data/upload/1/0a1b2c3d-a.jpg"},
        "annotations": [
            {
                "id": 5,
                "was_cancelled": False,
                "result": [
                    {
                        "id": "r1",
                        "type": "rectanglelabels",
                        "original_width": 64,
                        "original_height": 48,
                        "value": {
                            "x": 25,
                            "y": 50,
                            "width": 50,
                            "height": 25,
                            "rotation": 0,
                            "rectanglelabels": ["bolt"],
                        },
                    },
                    {
                        "id": "r2",
                        "type": "polygonlabels",
                        "original_width": 64,
                        "original_height": 48,
                        "value": {"points": [[0, 0], [50, 0], [50, 50]], "polygonlabels": ["bolt"]},
                    },
                    {"id": "r3", "type": "choices", "value": {"choices": ["night"]}},
                ],
            }
        ],
    },
    {"id": 2, "data": {"image": "/data/local-files/?d=deep%2Fb.jpg"}, "annotations": []},
]

LABEL_STUDIO_TEXTS: list[dict[str, Any]] = [
    {
        "id": 1,
        "data": {"text": "Anna \U0001f600 lives in Rome"},
        "annotations": [
            {
                "result": [
                    {
                        "id": "a",
                        "type": "labels",
                        "value": {"start": 0, "end": 4, "text": "Anna", "labels": ["PER"]},
                    },
                    {
                        "id": "b",
                        "type": "labels",
                        "value": {"start": 17, "end": 21, "text": "Rome", "labels": ["LOC"]},
                    },
                    {"id": "c", "type": "choices", "value": {"choices": ["travel"]}},
                ]
            }
        ],
    }
]

JSON = {
    "labels": [
        {"name": "bolt", "x1": 12.5, "y1": 4, "x2": 60, "y2": 40.25, "difficult": 1},
        {"name": "nut", "points": [[1, 2], [30, 2], [30, 20]], "text": "T"},
        {"name": "nut", "polygons": [[[1, 2], [30, 2], [30, 20]]], "mask": MASK.model_dump(mode="json")},
    ]
}


def dumped(document: Any) -> bytes:
    return json.dumps(document).encode()


def sources(annotations: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files with the two images that the examples are about."""
    return {"a.jpg": JPEG, "images/deep/b.jpg": JPEG, **annotations}


EXAMPLES: dict[str, tuple[str, dict[str, bytes]]] = {
    "json": ("object_detection", {"a.jpg": JPEG, "a.json": dumped(JSON)}),
    "voc": ("object_detection", {"a.jpg": JPEG, "a.xml": VOC}),
    "coco": ("instance_segmentation", sources({"annotations/instances_train.json": dumped(COCO)})),
    "yolo": (
        "object_detection",
        {
            "images/train/a.jpg": JPEG,
            "labels/train/a.txt": b"0 0.5 0.5 0.25 0.125\n1 0.1 0.1 0.9 0.1 0.9 0.9\n",
            "data.yaml": b"nc: 2\nnames:\n  0: bolt\n  1: no\n",
        },
    ),
    "labelme": ("instance_segmentation", sources({"a.json": dumped(LABELME)})),
    "cvat": ("instance_segmentation", sources({"annotations.xml": CVAT})),
    "label_studio": ("instance_segmentation", sources({"export.json": dumped(LABEL_STUDIO)})),
    "image_folder": ("image_classification", {"cats/a.jpg": JPEG, "dogs/deep/b.jpg": JPEG}),
    "text_line_images": ("ocr", {"a.jpg": JPEG, "b.jpg": JPEG, "lines.txt": b"a.jpg\tHello\nb.jpg\tworld\n"}),
    "images": ("object_detection", {"a.jpg": JPEG, "notes.txt": b""}),
}


def regions(format_code: str, kind: str = "instance_segmentation") -> dict[str, list[Region]]:
    """Return what the format's example holds, by image."""
    annotations, _ = read(format_code, kind, EXAMPLES[format_code][1], size=(64, 48))
    return {name: list(annotation.regions) for name, annotation in annotations.items()}


def reasons(problems: Sequence[Problem]) -> list[str]:
    return [problem.reason for problem in problems]
