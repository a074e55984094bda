#!/usr/bin/env bash
# curl 7.88.1: `--retry` with `--fail-with-body --output /dev/null` gives up after the first answer of 503 that has a body,
# although a retry was asked for. Before it tries again curl truncates the output file, and /dev/null cannot be truncated:
# "Failed to truncate file", exit code 23. With the shell's `> /dev/null`, and with `--fail`, which writes no body, it retries.
# Seen: "--output /dev/null: 23", "> /dev/null: 0", "--fail --output /dev/null: 0".
set -euo pipefail
folder=$(mktemp -d)
server=
trap 'kill $server 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
cat >serve.mjs <<'JS'
import { createServer } from "node:http";
import { writeFileSync } from "node:fs";
const asked = new Map();
const server = createServer(({ url }, answer) => {
  asked.set(url, (asked.get(url) ?? 0) + 1);
  answer.statusCode = asked.get(url) < 2 ? 503 : 200;
  answer.end("a body\n");
});
server.listen(0, "127.0.0.1", () => writeFileSync("port", String(server.address().port)));
JS
node serve.mjs &
server=$!
until [ -s port ]; do sleep 0.1; done
address=http://127.0.0.1:$(cat port)
ask() { curl --silent --retry 3 --retry-delay 1 "$@" && echo 0 || echo $?; }
seen="--output /dev/null: $(ask --fail-with-body --output /dev/null "$address/a")
> /dev/null: $(ask --fail-with-body "$address/b" 2>/dev/null | tail -n 1)
--fail --output /dev/null: $(ask --fail --output /dev/null "$address/c")"
echo "$seen"
[ "$seen" = "--output /dev/null: 23
> /dev/null: 0
--fail --output /dev/null: 0" ]
