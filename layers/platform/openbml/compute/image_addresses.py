"""Where the catalogue's images are kept."""

from pydantic import BaseModel, ConfigDict

from openbml_catalog.images import images


class ImageAddresses(BaseModel):
    """`prefix` is a registry with a namespace: `{account}.dkr.ecr.{region}.amazonaws.com/openbml`."""

    model_config = ConfigDict(frozen=True)

    prefix: str
    tag: str

    def address(self, image: str) -> str:
        """Return the address of an image of the catalogue. Raises KeyError for any other."""
        return f"{self.prefix}/{images()[image].repository}:{self.tag}"
