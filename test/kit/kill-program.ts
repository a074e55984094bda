import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

/** Runs the built program until the condition holds, and kills it then; else until it ends. @returns what it said */
export async function killProgramWhen(
  isTime: () => boolean,
  args: readonly string[],
  home: string,
): Promise<string> {
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env["PATH"], HOME: home },
  });
  const told: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => told.push(chunk));
  const ended = new Promise((resolve) => child.once("close", resolve));
  while (child.exitCode === null && child.signalCode === null && !isTime()) await sleep(1);
  child.kill("SIGKILL");
  await ended;
  return Buffer.concat(told).toString();
}

export function readJournalLines(stateDir: string): string[] {
  const directory = join(stateDir, "journal");
  const files = existsSync(directory) ? readdirSync(directory).filter((name) => name.endsWith(".jsonl")) : [];
  return files.flatMap((name) => readFileSync(join(directory, name), "utf8").split("\n").slice(0, -1));
}
