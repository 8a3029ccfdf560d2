"""Import of a CSV as a data job does it against a bare Arrow loop, and the memory of files of up to 5 GB.

The loop reads the same file with the types that Arrow guesses from its first block and writes Parquet with
the same compression, and nothing else: no types of the whole file, no checks of cells, lengths, quotes and
rows, no pages, digests or report. Rounds alternate, each in a process of its own; ratios are of the medians
of processor time, which neighbours disturb less than the clock. The slope tells how time grows with rows: 1
is in proportion.

Budget (ours): at most 512 MiB resident at any size; at most 4 times the loop's time at a million rows.
"""

import argparse
import io
import json
import math
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

RESULT = Path(__file__).parent / "results" / "table_import.json"
ROWS = (1_000, 10_000, 100_000, 1_000_000)
ROUNDS = 3
LARGE_BYTES = 1024**3
BUDGET_MIB = 512
BUDGET_RATIO = 4.0
WORDS = ("north", "south, upper", 'the "old" one', "", "east", "west")


class FolderStore:
    """Parts and pages as files, as a job streams them to storage."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def writing(self, key: str) -> Iterator[Any]:
        path = self._folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            yield file

    def put(self, key: str, body: bytes, *, content_type: str) -> None:
        with self.writing(key) as file:
            file.write(body)


def write_csv(path: Path, rows: int | None = None, size_bytes: int | None = None) -> int:
    """Write an ordinary table, so many rows or so many bytes of it; the same each time."""
    chance = random.Random(7)
    lines = [_line(chance) for _ in range(10_000)]
    written = 0
    with path.open("w", encoding="utf-8") as file:
        size = file.write("number,share,count,day,moment,place,note\n")
        while (rows is None or written < rows) and (size_bytes is None or size < size_bytes):
            size += file.write(f"{written},{lines[written % len(lines)]}")
            written += 1
    return written


def _line(chance: random.Random) -> str:
    year, day = chance.randint(2010, 2025), f"{chance.randint(1, 9):02}-{chance.randint(10, 28)}"
    cells = (
        f"{chance.random() * 100:.4f}",
        str(chance.randint(-50, 10**6)),
        f"{year}-{day}",
        f"{year}-{day} 03:04:{chance.randint(10, 59)}",
        _quoted(chance.choice(WORDS)),
        " ".join(chance.choices(WORDS[3:], k=chance.randint(2, 24))),
    )
    return ",".join(cells) + "\n"


def _quoted(word: str) -> str:
    return '"' + word.replace('"', '""') + '"' if any(c in word for c in ',"') else word


class EndlessFile(io.RawIOBase):
    """A CSV of any size that takes no room: the same rows of about 700 bytes again and again."""

    def __init__(self, size_bytes: int) -> None:
        chance = random.Random(7)
        lines = [_line(chance).rstrip("\n") + " and so on" * 60 for _ in range(5_000)]
        self._rows = "".join(f"{number},{line}\n" for number, line in enumerate(lines)).encode()
        self._ready = b"number,share,count,day,moment,place,note\n"
        self._left = size_bytes

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        if not self._ready and self._left > 0:
            self._ready = self._rows
            self._left -= len(self._rows)
        taken, self._ready = self._ready[:size], self._ready[size:]
        return taken

    def readinto(self, buffer: Any, /) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def endless(source: Path, target: Path) -> int:
    """Import a file of the size that the source's name tells."""
    from openbml_data.table_files import TableFile
    from openbml_data.table_import import import_table
    from openbml_formats.tables.table_imports import TableOrder

    size = int(source.name)
    upload = TableFile("endless.csv", size, lambda: EndlessFile(size))
    order = TableOrder(import_id=1, prefix="p/")
    result = import_table(order, [upload], FolderStore(target), tell=lambda done, total: None)
    assert result.failure is None, result.failure
    return result.rows


def platform(source: Path, target: Path) -> int:
    """Import as a job does."""
    from openbml_data.table_files import TableFile
    from openbml_data.table_import import import_table
    from openbml_formats.tables.table_imports import TableOrder

    upload = TableFile(source.name, source.stat().st_size, lambda: source.open("rb"))
    order = TableOrder(import_id=1, prefix="p/")
    result = import_table(order, [upload], FolderStore(target), tell=lambda done, total: None)
    assert result.failure is None, result.failure
    assert not result.problems, result.problems[:3]
    return result.rows


def bare(source: Path, target: Path) -> int:
    import pyarrow.csv
    import pyarrow.parquet

    target.mkdir(parents=True, exist_ok=True)
    options = pyarrow.csv.ReadOptions(block_size=4 * 1024**2, use_threads=False)
    parsing = pyarrow.csv.ParseOptions(newlines_in_values=True)
    rows = 0
    with source.open("rb") as file:
        reader = pyarrow.csv.open_csv(file, options, parsing)
        with pyarrow.parquet.ParquetWriter(
            target / "part.parquet", reader.schema, compression="zstd"
        ) as writer:
            for batch in reader:
                writer.write_batch(batch)
                rows += batch.num_rows
    return rows


COMPARED = {"platform": platform, "bare": bare}
WAYS = {**COMPARED, "endless": endless}


def one_run(way: str, source: Path, target: Path) -> None:
    """Print what one import takes; called in a process of its own."""
    import pyarrow.parquet  # noqa: F401 - both ways begin with Arrow loaded

    started, worked = time.perf_counter(), time.process_time()
    rows = WAYS[way](source, target)
    seconds, cpu = time.perf_counter() - started, time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"rows": rows, "seconds": seconds, "cpu_seconds": cpu, "peak_mib": peak}))


def measured(way: str, source: Path, folder: Path) -> dict[str, float]:
    target = folder / way
    command = [sys.executable, "-m", "benchmarks.table_import", "--one", way, str(source), str(target)]
    reply = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(reply.stdout.splitlines()[-1])
    return found


def compared(rows: int, folder: Path) -> dict[str, Any]:
    source = folder / f"{rows}.csv"
    write_csv(source, rows=rows)
    runs: dict[str, list[dict[str, float]]] = {way: [] for way in COMPARED}
    for _ in range(ROUNDS):
        for way in COMPARED:
            runs[way].append(measured(way, source, folder))
    seconds = medians(runs, "seconds")
    cpu = medians(runs, "cpu_seconds")
    size = source.stat().st_size
    source.unlink()
    assert all(run["rows"] == rows for found in runs.values() for run in found)
    return {
        "rows": rows,
        "mib": round(size / 1024**2, 2),
        "rows_per_second": round(rows / seconds["platform"]),
        "seconds": seconds,
        "cpu_seconds": cpu,
        "ratio": round(cpu["platform"] / cpu["bare"], 2),
        "peak_mib": round(max(run["peak_mib"] for run in runs["platform"]), 1),
    }


def medians(runs: dict[str, list[dict[str, float]]], name: str) -> dict[str, float]:
    return {way: round(statistics.median(run[name] for run in found), 4) for way, found in runs.items()}


def large(folder: Path, size_bytes: int) -> dict[str, Any]:
    """Import one large file, plain and out of a zip."""
    source = folder / "large.csv"
    rows = write_csv(source, size_bytes=size_bytes)
    plain = measured("platform", source, folder)
    packed = folder / "large.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.write(source, "large.csv")
    source.unlink()
    zipped = measured("platform", packed, folder)
    assert plain["rows"] == zipped["rows"] == rows
    return {
        "rows": rows,
        "mib": round(size_bytes / 1024**2),
        "plain": {name: round(value, 1) for name, value in plain.items()},
        "zipped": {name: round(value, 1) for name, value in zipped.items()},
    }


def largest_file(folder: Path) -> dict[str, Any]:
    """Import a file of the largest size that is taken."""
    size = 5 * 1024**3 - 8 * 1024**2
    run = measured("endless", folder / str(size), folder)
    return {"mib": size // 1024**2, **{name: round(value, 1) for name, value in run.items()}}


def slope(sizes: list[dict[str, Any]]) -> float:
    """Return the exponent of time over rows between the two largest sizes."""
    before, last = sizes[-2], sizes[-1]
    return round(
        math.log(last["cpu_seconds"]["platform"] / before["cpu_seconds"]["platform"])
        / math.log(last["rows"] / before["rows"]),
        3,
    )


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--one", nargs=3, metavar=("WAY", "SOURCE", "TARGET"))
    arguments.add_argument("--large-bytes", type=int, default=LARGE_BYTES)
    given = arguments.parse_args()
    if given.one:
        one_run(given.one[0], Path(given.one[1]), Path(given.one[2]))
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sizes = [compared(rows, folder) for rows in ROWS]
        huge = large(folder, given.large_bytes)
        largest = largest_file(folder)
    runs = (huge["plain"], huge["zipped"], largest, *sizes)
    peak = max(run["peak_mib"] for run in runs)
    result = {
        "sizes": sizes,
        "large": huge,
        "largest": largest,
        "slope": slope(sizes),
        "budget": {"peak_mib": BUDGET_MIB, "ratio_at_a_million_rows": BUDGET_RATIO},
        "met": peak <= BUDGET_MIB and sizes[-1]["ratio"] <= BUDGET_RATIO,
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))
    return 0 if result["met"] else 1


if __name__ == "__main__":
    sys.exit(main())
