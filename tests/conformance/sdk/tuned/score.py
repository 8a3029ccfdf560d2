"""A user's script whose score is best where the weight is highest."""

import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--weight", type=float)
parser.add_argument("--offset", type=int)
arguments, _ = parser.parse_known_args()
print(f"score={arguments.weight + arguments.offset:.6f};", flush=True)
