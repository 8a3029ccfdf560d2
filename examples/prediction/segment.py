"""Asks a segmentation service for the objects of a picture and saves each as a black and white picture.

    python segment.py https://bml.example/rpc/2.0/ai_custom_bml/v1/segmentation/cells photo.jpg

API Key and Secret Key of an application: `OPENBML_API_KEY`, `OPENBML_SECRET_KEY`. Needs Pillow.
"""

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

from PIL import Image, ImageOps

from openbml_client import PredictionClient, decode_mask


def main(service_url: str, photo: Path) -> None:
    parts = urlsplit(service_url)
    keys = os.environ["OPENBML_API_KEY"], os.environ["OPENBML_SECRET_KEY"]
    with PredictionClient(f"{parts.scheme}://{parts.netloc}", *keys) as client:
        answer = client.predict_image(service_url, photo)
    width, height = ImageOps.exif_transpose(Image.open(photo)).size  # as it is seen
    for number, found in enumerate(answer["results"]):
        pixels = decode_mask(found["mask"], width, height).translate(bytes([0, 255]) + bytes(254))
        file = photo.with_name(f"{photo.stem}-{number}-{found['name']}.png")
        Image.frombytes("L", (width, height), pixels).save(file)
        sys.stdout.write(f"{found['name']} {found['score']:.2f} {file}\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
