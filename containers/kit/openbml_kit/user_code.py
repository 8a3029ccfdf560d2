"""The user's code: from a folder or an archive in S3 to a folder that can be run."""

import shutil
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from openbml_kit.faults import PlatformFault, UserFault


def bring_code(address: str, folder: Path, env: Mapping[str, str], *, region: str | None = None) -> Path:
    """Return the folder that holds the code of an address, which is made ready for it.

    Args:
        address: `s3://.../sourcedir.tar.gz`, `file://...`, or the path of a folder or a tar.gz.
        folder: where an archive's content goes, e.g. `/opt/ml/code`.
        env: the process's variables.
        region: of the bucket; None takes the variables' own.

    Raises:
        UserFault: there is nothing at the address, or it is no usable archive.
    """
    parts = urlsplit(address)
    if parts.scheme == "s3":
        with tempfile.TemporaryDirectory() as scratch:
            archive = Path(scratch) / "code.tar.gz"
            _download(parts.netloc, unquote(parts.path.lstrip("/")), archive, region or env.get("AWS_REGION"))
            return _unpacked(archive, folder, address)
    path = Path(unquote(parts.path)) if parts.scheme == "file" else Path(address)
    if path.is_dir():
        return path
    if path.is_file():
        return _unpacked(path, folder, address)
    raise UserFault(f"there is no code at {address}")


def find_program(program: str, folder: Path) -> str:
    """Return the program as it is started: a path below the code's folder, or a module's name.

    Raises:
        UserFault: it is not there, or it leads out of the folder.
    """
    name = program.strip()
    if not name.endswith((".py", ".sh")):
        return name
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        found = ", ".join(sorted(one.name for one in folder.iterdir())[:20]) if folder.is_dir() else "nothing"
        raise UserFault(f"the program {name} is not in the code; it holds: {found}")
    return name


def _unpacked(archive: Path, folder: Path, address: str) -> Path:
    """Unpack with Python's `data` filter: no names or links that lead out, no devices."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(archive, "r:*") as tar:
            tar.extractall(folder, filter="data")
    except (tarfile.TarError, OSError, EOFError) as error:
        raise UserFault(f"the code archive {address} cannot be unpacked: {error}") from error
    return folder


def _download(bucket: str, key: str, target: Path, region: str | None) -> None:
    """boto3 is the image's, not the kit's: images whose users bring code in S3 have it in their lock."""
    try:
        import boto3
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError as error:
        raise PlatformFault("this image cannot read code from S3: it has no boto3") from error
    try:
        with target.open("wb") as file:
            shutil.copyfileobj(
                boto3.client("s3", region_name=region).get_object(Bucket=bucket, Key=key)["Body"], file
            )
    except (Boto3Error, BotoCoreError, ClientError) as error:
        raise UserFault(f"the code s3://{bucket}/{key} cannot be read: {error}") from error
