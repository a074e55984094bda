"""The reference method: git, once for each command named, in one slot after another. Reads paths, prints seconds."""

import subprocess
import sys
import time

commands = [argument.split() for argument in sys.argv[1:]]

slots = sys.stdin.read().splitlines()
broken = 0
started = time.perf_counter()
for slot in slots:
    results = [subprocess.run(["git", "-C", slot, *command], capture_output=True) for command in commands]
    broken += any(result.returncode != 0 for result in results)
print(time.perf_counter() - started)
sys.exit(1 if broken else 0)
