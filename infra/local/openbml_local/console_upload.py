"""The built console, with the API's description in it, goes into its bucket, as a release does on AWS."""

import hashlib
import mimetypes
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from openbml_local.stack import Stack

# Names made from content never change; entry points must be asked for again.
IMMUTABLE = "public, max-age=31536000, immutable"
ALWAYS_ASK = "no-cache"


def release_files(dist: Path) -> dict[str, Path]:
    """Object key → file."""
    return {str(path.relative_to(dist)): path for path in sorted(dist.rglob("*")) if path.is_file()}


def release_digest(files: dict[str, Path], bucket: str) -> str:
    digest = hashlib.sha256(bucket.encode())
    for key, path in files.items():
        digest.update(f"\0{key}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def upload_console(stack: Stack, *, bucket: str, dist: Path) -> int:
    """Upload what the bucket lacks, the entry point last, so that no viewer meets a half release.

    Returns:
        How many objects were written; 0 if the same release was there already.
    """
    files = release_files(dist)
    digest = release_digest(files, bucket)
    if stack.recorded("console") == digest:
        return 0
    storage = stack.client("s3")

    def put(item: tuple[str, Path]) -> None:
        key, path = item
        storage.put_object(
            Bucket=bucket,
            Key=key,
            Body=path.read_bytes(),
            ContentType=mimetypes.guess_type(path.name)[0] or "application/octet-stream",
            CacheControl=IMMUTABLE if key.startswith("assets/") else ALWAYS_ASK,
        )

    entries = {key: path for key, path in files.items() if key.endswith(".html")}
    with ThreadPoolExecutor(4) as workers:
        list(workers.map(put, [item for item in files.items() if item[0] not in entries]))
    for item in entries.items():
        put(item)
    if files:
        stack.record("console", digest)
    return len(files)
