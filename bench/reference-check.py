"""The reference method: git, once for each command named, in one slot after another. Reads paths, prints seconds, and those of CPU."""

import resource
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
elapsed = time.perf_counter() - started
of_git = resource.getrusage(resource.RUSAGE_CHILDREN)
print(elapsed, of_git.ru_utime + of_git.ru_stime)
sys.exit(1 if broken else 0)
