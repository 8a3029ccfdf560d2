"""A program of Paddle as `paddle.jit.save` writes it: make.py FOLDER"""

import json
import sys
from pathlib import Path

import paddle

folder = Path(sys.argv[1])
paddle.seed(7)
paddle.jit.save(
    paddle.nn.Linear(2, 3),
    str(folder / "model"),
    input_spec=[paddle.static.InputSpec([None, 2], "float32", name="x")],
)
manifest = {
    "format": "openbml.framework-model/1",
    "framework": "paddlepaddle",
    "task": "general",
    "contract": "framework",
}
(folder / "framework.json").write_text(json.dumps(manifest, indent=1))
