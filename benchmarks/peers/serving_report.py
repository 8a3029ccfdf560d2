"""The figures of the serving benchmark's servers, and what they are to be."""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CLIENTS = (1, 8, 32)
PEERS = ("LitServe", "BentoML", "MLServer")
Lines = Mapping[tuple[str, str, int], Mapping[str, float]]
Goal = tuple[str, float, str]


@dataclass
class Row:
    rates: list[float] = field(default_factory=list)
    p50s: list[float] = field(default_factory=list)
    p99s: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    starts: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def figures(self) -> dict[str, float]:
        told = {"per_second": self.rates, "p50_ms": self.p50s, "p99_ms": self.p99s}
        told |= {"memory_mib": self.memory, "start_s": self.starts, "cpu_ms": self.cpu}
        return {name: round(statistics.median(values), 3) for name, values in told.items() if values}


def report(rows: Mapping[tuple[str, str, int], Row]) -> list[dict[str, Any]]:
    told = [
        {"model": kind, "server": name, "clients": clients, **row.figures()}
        for (kind, name, clients), row in rows.items()
    ]
    names = ("per s", "p50 ms", "p99 ms", "MiB", "start s", "CPU ms")
    print(f"\n{'model':<7}{'server':<14}{'clients':>7}" + "".join(f"{name:>11}" for name in names))
    for line in sorted(told, key=lambda line: (line["model"], line["clients"])):
        print(
            f"{line['model']:<7}{line['server']:<14}{line['clients']:>7}{line['per_second']:>11.1f}"
            + "".join(
                f"{line.get(name, float('nan')):>11.2f}"
                for name in ("p50_ms", "p99_ms", "memory_mib", "start_s", "cpu_ms")
            )
        )
    print()
    lines = {(line["model"], line["server"], line["clients"]): line for line in told}
    kinds = {line["model"] for line in told}
    goals = [
        *(small_goals(lines) if "table" in kinds else ()),
        *(image_goals(lines) if "image" in kinds else ()),
    ]
    for text, value, goal in goals:
        print(f"{text:<66}{value:>9.2f}  {goal}")
    return told


def small_goals(lines: Lines) -> list[Goal]:
    """Return what is measured of the small model, its figure, and what it is to be."""
    most, least = lines["table", "openbml", 32], _leanest("table", lines)
    return [
        (
            "small model, 32 clients: times the best peer",
            most["per_second"] / _best("table", 32, lines),
            ">= 10",
        ),
        ("small model, 32 clients: p99, ms", most["p99_ms"], "<= 3"),
        ("small model, 1 client: p50, ms", lines["table", "openbml", 1]["p50_ms"], "<= 0.2"),
        ("small model: share of the leanest peer's memory", most["memory_mib"] / least, "<= 0.5"),
    ]


def image_goals(lines: Lines) -> list[Goal]:
    """Return what is measured of the images, its figure, and what it is to be."""

    def own(clients: int, figure: str = "per_second", name: str = "openbml") -> float:
        return lines["image", name, clients][figure]

    shares = [
        (
            f"images, {clients} clients: share of the same work without HTTP",
            own(clients) / own(clients, name="limit"),
            ">= 0.95",
        )
        for clients in CLIENTS
    ]
    int8 = own(8, name="openbml int8")
    return [
        *shares,
        ("images, 1 client: times the best peer", own(1) / _best("image", 1, lines), ">= 1.25"),
        ("images, 8 clients: times the best peer", own(8) / _best("image", 8, lines), ">= 1.15"),
        ("images in int8, 8 clients: times the best peer", int8 / _best("image", 8, lines), ">= 2.8"),
        (
            "images: share of the leanest peer's memory",
            own(32, "memory_mib") / _leanest("image", lines),
            "<= 0.5",
        ),
        ("start with the image model, s", own(1, "start_s"), "<= 1"),
    ]


def _best(kind: str, clients: int, lines: Lines) -> float:
    return max(lines[kind, peer, clients]["per_second"] for peer in PEERS)


def _leanest(kind: str, lines: Lines) -> float:
    return min(lines[kind, peer, 32]["memory_mib"] for peer in PEERS)
