#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { runCommand } from "./cli/commands.ts";

const packageText = readFileSync(new URL("../package.json", import.meta.url), "utf8");
const version = /"version":\s*"([^"]+)"/.exec(packageText)?.[1] ?? "unknown";

process.exitCode = await runCommand(process.argv.slice(2), version, {
  env: process.env,
  homeDirectory: homedir(),
  print: (text) => process.stdout.write(`${text}\n`),
  warn: (text) => process.stderr.write(`${text}\n`),
});
