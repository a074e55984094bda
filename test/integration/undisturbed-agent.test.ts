import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { git, RealPool } from "../kit/real-pool.ts";
import { createRandom, runsInFull, sampleSeed } from "../kit/sample.ts";
import { programEnvironment, programFile } from "../kit/served-program.ts";

let pool: RealPool;

afterEach(() => {
  pool.destroy();
});

const commitCount = runsInFull ? 600 : 120;
/** Where a process costs much, each of the agent's commands does. */
const timeoutMilliseconds = commitCount * 1000;
/** About as long as a check takes, so that some are killed at work and some are not. */
const longestLifeMilliseconds = 300;

/** Adds and commits as an agent does, and stops at the first command that fails. */
const agent = `set -e
for number in $(seq "$1"); do
  echo "$number" > "file$((number % 7)).txt"
  git add .
  git commit --quiet --message "change $number"
  git status --porcelain > /dev/null
done`;

function startAgent(path: string): { child: ChildProcess; ended: Promise<unknown>; output: () => string } {
  const env = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
  const identity = { GIT_AUTHOR_NAME: "agent", GIT_AUTHOR_EMAIL: "agent@example.invalid" };
  const committer = { GIT_COMMITTER_NAME: "agent", GIT_COMMITTER_EMAIL: "agent@example.invalid" };
  const child = spawn("bash", ["-c", agent, "bash", String(commitCount)], {
    cwd: path,
    env: { ...env, ...identity, ...committer },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let output = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
  return { child, ended: once(child, "exit"), output: () => output };
}

/** Looks at the pool again and again, and is killed at some moment or other. */
async function lookAndDie(isOver: () => boolean, random: () => number): Promise<number> {
  let killedCount = 0;
  for (let round = 0; !isOver(); round++) {
    const depth = round % 2 === 0 ? ["--deep"] : [];
    const look = spawn(process.execPath, [programFile, "check", ...depth], {
      env: programEnvironment(pool),
      stdio: "ignore",
    });
    const ended = once(look, "exit");
    const life = new AbortController();
    await Promise.race([
      ended,
      sleep(random() * longestLifeMilliseconds, undefined, { signal: life.signal }),
    ]);
    life.abort();
    if (look.exitCode === null && look.kill("SIGKILL")) killedCount++;
    await ended;
  }
  return killedCount;
}

function locksBelow(directory: string): string[] {
  const names = readdirSync(directory, { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(".lock"));
}

test.each(["clone", "worktree"] as const)(
  "an agent that commits in a %s slot never notices checks, be they killed at any moment",
  async (layout) => {
    pool = new RealPool(2, layout);
    const path = pool.slotPath(1);
    const before = Number(git(path, "rev-list", "--count", "HEAD"));
    const random = createRandom(sampleSeed(`moments to be killed at, ${layout}`));
    const { child, ended, output } = startAgent(path);
    const killedCount = await lookAndDie(() => child.exitCode !== null, random);
    await ended;
    expect({ exitCode: child.exitCode, output: output() }).toEqual({ exitCode: 0, output: "" });
    expect(killedCount).toBeGreaterThan(0);
    expect(Number(git(path, "rev-list", "--count", "HEAD"))).toBe(before + commitCount);
    expect(locksBelow(git(path, "rev-parse", "--path-format=absolute", "--git-common-dir"))).toEqual([]);
  },
  timeoutMilliseconds,
);
