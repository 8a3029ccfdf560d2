"""Weights of a PyTorch network beside the three functions around it: make.py FOLDER"""

import json
import shutil
import sys
from pathlib import Path

import torch

folder = Path(sys.argv[1])
torch.manual_seed(7)
torch.save(torch.nn.Linear(2, 3).state_dict(), folder / "model.pkl")
shutil.copy(Path(__file__).with_name("main.py"), folder)
manifest = {
    "format": "openbml.framework-model/1",
    "framework": "pytorch",
    "task": "general",
    "contract": "framework",
    "code_file": "main.py",
}
(folder / "framework.json").write_text(json.dumps(manifest, indent=1))
