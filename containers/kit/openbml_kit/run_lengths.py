"""Masks as COCO's compressed run lengths, the text that predictions and reports carry (spec 08 section 9.2).

Runs go column by column, zeros first; from the fourth on a run is written as its difference from the one two
before it, in groups of five bits, the lowest first, each a character from `0` on.
Source of the format: `rleToString` of the COCO tools, github.com/cocodataset/cocoapi.
"""

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]

_FIRST = ord("0")
_MORE = 0x20
_SIGN = 0x10
_GROUPS = 7  # of five bits: any difference of two runs of an image of less than 2**31 pixels


class RunLengthError(ValueError):
    """The text is no mask of these sides."""


def encode_mask(mask: Mask) -> str:
    """Return the text of a mask of shape (height, width)."""
    pixels = np.asarray(mask, dtype=np.bool_)
    height, width = pixels.shape
    columns, rows = np.flatnonzero(pixels.any(axis=0)), np.flatnonzero(pixels.any(axis=1))
    if not columns.size:
        return _text(np.array([height * width], dtype=np.int64))
    left, top = int(columns[0]), int(rows[0])
    part = pixels[top : rows[-1] + 1, left : columns[-1] + 1].T  # the work is the object's, not the picture's
    bordered = np.zeros((part.shape[0], part.shape[1] + 2), dtype=np.int8)
    bordered[:, 1:-1] = part
    turns = np.diff(bordered, axis=1)
    across, down = np.nonzero(turns)
    places = (left + across) * height + top + down
    # A run that goes on in the next column ends where the next one starts.
    kept = np.ones(places.size, dtype=np.bool_)
    joined = np.flatnonzero((places[1:] == places[:-1]) & (np.arange(1, places.size) % 2 == 0))
    kept[joined] = kept[joined + 1] = False
    ends = places[kept] if places[-1] < height * width else places[kept][:-1]
    return _text(np.diff(np.concatenate(([0], ends, [height * width]))))


def decode_mask(text: str, width: int, height: int) -> Mask:
    """Return the mask, shape (height, width).

    Raises:
        RunLengthError: not run lengths, or of another number of pixels.
    """
    counts = _counts(text)
    if counts.min(initial=0) < 0 or int(counts.sum()) != width * height:
        raise RunLengthError(f"the runs do not add up to {width} x {height} pixels")
    ones = np.arange(counts.size) % 2 == 1
    return np.repeat(ones, counts).reshape(width, height).T


def _text(counts: npt.NDArray[np.int64]) -> str:
    written = counts.copy()
    written[3:] -= counts[1:-2]
    shifts = 5 * np.arange(_GROUPS)
    groups = (written[:, None] >> shifts) & (_MORE - 1)
    rest = written[:, None] >> (shifts + 5)
    more = rest != np.where(groups & _SIGN, -1, 0)
    shown = np.concatenate((np.ones((counts.size, 1), dtype=np.bool_), more[:, :-1]), axis=1)
    np.logical_and.accumulate(shown, axis=1, out=shown)
    characters = (groups | np.where(more, _MORE, 0)) + _FIRST
    text: str = characters[shown].astype(np.uint8).tobytes().decode("ascii")
    return text


def _counts(text: str) -> npt.NDArray[np.int64]:
    try:
        codes = np.frombuffer(text.encode("ascii"), dtype=np.uint8).astype(np.int64) - _FIRST
    except UnicodeEncodeError as error:
        raise RunLengthError("a run length text has other characters") from error
    if codes.size == 0:
        return codes
    last = (codes & _MORE) == 0
    if codes.min() < 0 or codes.max() > 63 or not last[-1]:
        raise RunLengthError("a run length text has other characters, or is cut off")
    ends = np.flatnonzero(last)
    starts = np.concatenate(([0], ends[:-1] + 1))
    lengths = ends - starts + 1
    if lengths.max() > _GROUPS:
        raise RunLengthError("a run is longer than any image")
    places = np.arange(codes.size) - np.repeat(starts, lengths)
    values = np.add.reduceat((codes & (_MORE - 1)) << (5 * places), starts)
    values -= np.where(codes[ends] & _SIGN, np.int64(1) << (5 * lengths), 0)
    values[1::2] = np.cumsum(values[1::2])
    values[2::2] = np.cumsum(values[2::2])
    return values
