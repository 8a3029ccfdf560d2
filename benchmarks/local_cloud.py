"""How long the local cloud takes to be ready, and the main job from the first command to the bill.

Prints one row each: `bml up` cold (empty state, environments built), the demo, the demo again, `bml up` warm.
Reference: the budgets of `docs/architecture.md` section 7 (warm start at most 25 s), 6 minutes for the demo.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
RESULT = Path(__file__).parent / "results" / "local_cloud.json"
BML = Path(sys.executable).with_name("bml")
BUDGET_S = {"bml up, warm": 25.0, "demo": 360.0}


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def timed(command: list[str], env: dict[str, str]) -> float:
    started = time.monotonic()
    subprocess.run(command, env=env, check=True, capture_output=True, cwd=REPOSITORY)
    return time.monotonic() - started


def measure(folder: Path) -> dict[str, float]:
    env = {
        **os.environ,
        "OPENBML_STATE_DIR": str(folder / "state"),
        "OPENBML_CONFIG_DIR": str(folder / "config"),
        "COLUMNS": "200",
    }
    ports = [f"--port-{name}={free_port()}" for name in ("ministack", "engine", "gateway")]
    demo = [sys.executable, "examples/demo/run.py"]
    seconds = {}
    try:
        seconds["bml up, cold"] = timed([str(BML), "up", *ports], env)
        seconds["demo"] = timed(demo, env)
        seconds["demo, again"] = timed(demo, env)
        seconds["bml down"] = timed([str(BML), "down"], env)
        seconds["bml up, warm"] = timed([str(BML), "up"], env)
    finally:
        subprocess.run([str(BML), "down"], env=env, check=False, capture_output=True)
    return seconds


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="openbml-bench-") as folder:
        seconds = measure(Path(folder))
    rows = [
        {"name": name, "seconds": round(value, 1), "budget_s": BUDGET_S.get(name), "cores": os.cpu_count()}
        for name, value in seconds.items()
    ]
    for row in rows:
        share = f"{row['seconds'] / row['budget_s']:.2f} of the budget" if row["budget_s"] else ""
        print(f"{row['name']:<14} {row['seconds']:7.1f} s  {share}")
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
