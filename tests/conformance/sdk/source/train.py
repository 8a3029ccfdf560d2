"""A user's distributed script: the ranks agree on a sum, the first one saves it."""

import argparse
import json
import os
from pathlib import Path

import extra_package
import torch
import torch.distributed

parser = argparse.ArgumentParser()
parser.add_argument("--factor", type=int)
factor = parser.parse_args().factor

torch.distributed.init_process_group("gloo")
rank, size = torch.distributed.get_rank(), torch.distributed.get_world_size()
value = torch.tensor([float((rank + 1) * factor)])
torch.distributed.all_reduce(value)
print(f"rank={rank} loss={value.item():.2f};", flush=True)
if rank == 0:
    report = {
        "world_size": size,
        "sum": value.item(),
        "extra": extra_package.value,
        "channel": sorted(path.name for path in Path(os.environ["SM_CHANNEL_TRAIN"]).iterdir()),
        "hosts": json.loads(os.environ["SM_HOSTS"]),
    }
    Path(os.environ["SM_MODEL_DIR"], "report.json").write_text(json.dumps(report))
torch.distributed.destroy_process_group()
