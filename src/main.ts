import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runCommand } from "./commands/commands.ts";
import { describeInvocation } from "./commands/program/program-info.ts";
import { describeTerminal } from "./commands/terminal/terminal.ts";

const version = /"version":\s*"([^"]+)"/.exec(readOwnFile("../package.json"))?.[1] ?? "unknown";

// A reader such as `head` that has seen enough is no failure.
for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });

// A check ends before optimized code is worth what its compilation costs: a tenth of its CPU with 200 slots. Not a start
// option, since V8 takes compiled code only from a process with the same options.
if (process.argv[2] === "check") setFlagsFromString("--no-opt");
// Until it is known to have gone well.
process.exitCode = 1;
const exitCode = runCommand(process.argv.slice(2), {
  env: process.env,
  homeDirectory: homedir(),
  program: {
    version,
    revision: readOwnFile("./revision") || "unknown",
    nodeVersion: process.versions.node,
    runbooksDir: fileURLToPath(new URL("../docs/runbooks", import.meta.url)),
    invocation: describeInvocation(process.argv[1] ?? "", process.env["PATH"] ?? ""),
    platform: `${process.platform}/${process.arch}`,
  },
  terminal: describeTerminal(process.stdout, process.env),
  errorTerminal: describeTerminal(process.stderr, process.env),
  print: (text) => process.stdout.write(`${text}\n`),
  warn: (text) => process.stderr.write(`${text}\n`),
});
// Not awaited: the program is built as CommonJS, which cannot.
void exitCode.then((code) => {
  process.exitCode = code;
});

/** A file that was built with the program; empty if it is not there, as when the source is run. */
function readOwnFile(path: string): string {
  try {
    return readFileSync(new URL(path, import.meta.url), "utf8");
  } catch {
    return "";
  }
}
