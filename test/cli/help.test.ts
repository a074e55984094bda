import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { examplesOf, listCommands, renderCliReference } from "../../scripts/cli-reference.ts";
import { RealPool } from "../kit/real-pool.ts";
import { runsInFull, sampleOf } from "../kit/sample.ts";

const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const commands = (await listCommands()).map(({ words }) => words);
const helpTexts = new Map<string, string>();
let pool: RealPool;

beforeAll(async () => {
  pool = new RealPool();
  writeFileSync(join(pool.root, "sidecar.yaml"), "collector: { schedule: '*/30 * * * * *' }\n");
  writeFileSync(join(pool.root, "token"), "token\n");
  writeFileSync(join(pool.root, "web.yaml"), "basic_auth_users: {}\n");
  writeFileSync(
    join(pool.root, "gateway.yaml"),
    "queue: { driver: postgres, postgres: { connection_string_file: none } }\nremediation: { auth: { bearer_token_file: token } }\n",
  );
  mkdirSync(join(pool.root, "home"));
  for (const words of commands) {
    const { status, stdout } = await run([...words.split(" "), "--help"]);
    expect(status, words).toBe(0);
    helpTexts.set(words, stdout);
  }
});

afterAll(() => {
  pool.destroy();
});

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program in the pool's directory; one that serves is stopped when it has told its address. */
function run(args: readonly string[], command = process.execPath, first = [main]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...first, ...args], {
      cwd: pool.root,
      env: {
        PATH: process.env["PATH"],
        HOME: join(pool.root, "home"),
        REPO_POOL_SIDECAR_WORKSPACES_DIR: pool.workspacesDir,
        REPO_POOL_SIDECAR_WEB_LISTEN_ADDRESS: "127.0.0.1:0",
      },
    });
    // Enter for each step that waits for it.
    child.stdin.on("error", () => undefined).end("\n\n\n");
    let stdout = "";
    let stderr = "";
    let isStopping = false;
    // A second signal would end it at once.
    const stopWhen = (isServing: boolean) => {
      if (isServing && !isStopping) isStopping = child.kill("SIGTERM");
    };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      stopWhen(stdout.includes("Ctrl-C ends"));
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      stopWhen(/sidecar\.started|Ctrl-C ends/.test(stderr));
    });
    child.once("error", reject);
    child.once("close", (status) => {
      resolve({ status, stdout, stderr });
    });
  });
}

test.each(commands)("--help of %s says what it does, and how it is used by example", (words) => {
  const help = helpTexts.get(words) ?? "";
  expect(help).toContain(`Usage: repo-pool-sidecar ${words}`);
  expect(examplesOf(help).length).toBeGreaterThan(0);
  for (const example of examplesOf(help)) expect(example).toContain(`repo-pool-sidecar ${words}`);
});

/** `demo` takes half a minute each time, and test/integration/demo.test.ts walks through it. */
const typedCommands = runsInFull ? commands : commands.filter((words) => words !== "demo");

test.each(sampleOf(typedCommands, 12, "examples of commands"))("every example of %s runs", async (words) => {
  for (const example of examplesOf(helpTexts.get(words) ?? "")) {
    const { status, stderr } = await run([], "/bin/sh", ["-c", runnable(example)]);
    // What an example names (a salvage, a recovery) need not exist here, or be gone; that it is well-formed must hold.
    if (/^[A-Z]+_(?:UNKNOWN|EXISTS): /m.test(stderr)) continue;
    expect([0, 1, 3], `${example}\n${stderr}`).toContain(status);
  }
});

/** As a shell would run it, with this build of the program and a port that the system chooses. */
function runnable(example: string): string {
  return example
    .replaceAll(/\brepo-pool-sidecar(?= )/g, `exec "${process.execPath}" "${main}"`)
    .replaceAll(/:10469\b/g, ":0");
}

test("docs/cli.md lists the same flags, variables and examples", async () => {
  expect(readFileSync("docs/cli.md", "utf8")).toBe(await renderCliReference());
});
