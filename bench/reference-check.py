"""The reference method: three git processes for each slot, one slot after another. Reads paths, prints seconds."""

import subprocess
import sys
import time

COMMANDS = (["rev-parse", "--git-dir"], ["status"], ["rev-parse", "HEAD"])

slots = sys.stdin.read().splitlines()
broken = 0
started = time.perf_counter()
for slot in slots:
    results = [subprocess.run(["git", *command], cwd=slot, capture_output=True) for command in COMMANDS]
    broken += any(result.returncode != 0 for result in results)
print(time.perf_counter() - started)
sys.exit(1 if broken else 0)
