"""The serving image's server with a task that does what a request says."""

import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from openbml_kit.faults import Fault
from openbml_serving.requests import TABLE_BODY
from openbml_serving.server import serve
from openbml_serving.settings import ServingSettings
from openbml_serving.tasks import ServedTask


class FaultyTask:
    """Its requests are quick unless they say `slow`."""

    is_small = True

    def answer(self, document: Mapping[str, Any], *, alone: bool) -> Mapping[str, Any]:
        match document.get("do"):
            case "raise":
                raise ValueError("a secret of the model")
            case "exhaust":
                return {"size": len(np.zeros(1 << 46, np.uint8))}
            case "wait":
                while not Path(document["until"]).exists():
                    threading.Event().wait(0.02)
            case "hang":
                threading.Event().wait(float(document["seconds"]))
        return {"told": document.get("tell"), "alone": alone}

    def warm_up(self) -> None:
        """Nothing is computed."""

    def is_quick(self, document: Mapping[str, Any]) -> bool:
        return not document.get("slow")

    def answer_together(self, documents: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
        return [self.answer(document, alone=False) for document in documents]


if __name__ == "__main__":
    try:
        serve(ServingSettings.from_env(), load=lambda _: ServedTask(FaultyTask(), TABLE_BODY))
    except Fault:
        sys.exit(1)
