import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { RealPool } from "./real-pool.ts";

const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

/** For node: the built program over a pool. */
export function programArguments(pool: RealPool, ...args: string[]): string[] {
  return [main, ...args, "--workspaces-dir", pool.workspacesDir];
}

const programTimeoutMilliseconds = 90_000;

/** Runs the built program over a pool as people start it, apart from the settings of whoever runs the tests. */
export function runProgram(pool: RealPool, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, programArguments(pool, ...args), {
    encoding: "utf8",
    env: { PATH: process.env["PATH"], HOME: pool.root },
    // A program that waits indefinitely fails its test: its status is null.
    timeout: programTimeoutMilliseconds,
    killSignal: "SIGKILL",
  });
  return { status, stdout, stderr };
}
