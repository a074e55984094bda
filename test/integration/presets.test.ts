import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadConfig } from "../../src/config/load-config.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import { presetNames, sourcePresets, type PresetName } from "../../src/pool/sources/presets.ts";
import { AgentTrees } from "../kit/agent-trees.ts";
import { runWithoutConfig } from "../kit/commands-of-trees.ts";
import { git } from "../kit/real-pool.ts";
import { programFile } from "../kit/served-program.ts";

let trees: AgentTrees;
const processes: ChildProcess[] = [];

beforeEach(() => {
  trees = new AgentTrees([]);
});

afterEach(() => {
  for (const child of processes.splice(0)) child.kill();
  trees.destroy();
});

/** Where a tool lays work trees out, and what it puts beside them; below a root that takes the place of `/` and of home. */
interface Layout {
  readonly watched: readonly string[];
  readonly leftAlone?: readonly string[];
}

const layouts: Record<PresetName, Layout> = {
  "claude-code": {
    watched: ["src/api/.claude/worktrees/fix", "src/api/.claude/worktrees/agent-0123abcd"],
    leftAlone: ["src/mine"],
  },
  codex: { watched: [".codex/worktrees/3f2a/api"], leftAlone: ["src/mine"] },
  worktrunk: { watched: ["src/api.fix"], leftAlone: ["src/mine"] },
  gtr: { watched: ["src/api-worktrees/fix"], leftAlone: ["src/mine"] },
  "github-actions-runner": {
    watched: ["actions-runner/_work/api/api"],
    leftAlone: ["actions-runner/_work/_actions/checkout", "actions-runner/_work/_tool/api"],
  },
  "gitlab-runner": {
    watched: [
      "home/gitlab-runner/builds/t1_9oyyF1/0/group/api",
      "home/gitlab-runner/builds/t1_9oyyF1/1/group/team/api",
    ],
    leftAlone: ["home/gitlab-runner/builds/t1_9oyyF1/0/group/api.tmp"],
  },
  jenkins: {
    watched: [
      "var/lib/jenkins/workspace/api",
      "var/lib/jenkins/workspace/api@2",
      "var/lib/jenkins/workspace/team/web",
    ],
    leftAlone: ["var/lib/jenkins/workspace/api@tmp", "var/lib/jenkins/workspace/api@script/0a1b"],
  },
  buildkite: { watched: ["var/lib/buildkite-agent/builds/host-1/org/api"] },
};

/** As a configuration file with the preset has it, with the tool's directories below the root. */
async function watch(name: PresetName): Promise<PoolManager> {
  const preset = sourcePresets[name];
  const paths = "paths" in preset ? preset.paths : [];
  const below = paths.map((path) => JSON.stringify(path.startsWith("/") ? `${trees.root}${path}` : path));
  const where = preset.kind === "worktrees" ? `repositories: ["~/src/api"]` : `paths: [${below.join(", ")}]`;
  const file = join(trees.root, "sidecar.yaml");
  writeFileSync(file, `sources: [{ name: x, kind: ${preset.kind}, preset: ${name}, ${where} }]`);
  const loaded = await loadConfig({
    ...{ flags: { configFile: file }, env: {}, homeDirectory: trees.root },
  });
  if (loaded.kind === "invalid") throw new Error(loaded.problems.join("\n"));
  return new PoolManager({ config: loaded.config });
}

function layOut(name: PresetName): void {
  const { watched, leftAlone = [] } = layouts[name];
  for (const path of [...watched, ...leftAlone]) {
    const target = join(trees.root, path);
    mkdirSync(dirname(target), { recursive: true });
    if (sourcePresets[name].kind === "worktrees")
      git(trees.repository, "worktree", "add", "-q", "--detach", target);
    else cpSync(trees.checkout, target, { recursive: true });
  }
}

test.each(presetNames)(
  "%s: what the tool lays out is watched, and what lies beside it is not",
  async (name) => {
    layOut(name);
    const snapshot = await (await watch(name)).snapshot();
    const found = snapshot.pools.flatMap(({ slots }) => slots.map(({ path }) => path));
    expect(found.sort()).toEqual(layouts[name].watched.map((path) => join(trees.root, path)).sort());
    expect(snapshot.anomalies.corruptedSlots).toEqual([]);
  },
);

describe("a job of the runner keeps its checkouts in use, also while no process is inside", () => {
  async function evidence(name: PresetName): Promise<unknown> {
    const { pools } = await (await watch(name)).snapshot();
    return pools.flatMap(({ slots }) => slots.map(({ owner, state }) => [owner?.evidence, state]));
  }

  /** A program of that name, which waits. */
  function run(program: string, ...args: string[]): void {
    mkdirSync(dirname(program), { recursive: true });
    copyFileSync(realpathSync("/bin/sh"), program);
    processes.push(
      spawn(program, ["-c", "read line", ...args], { cwd: "/", stdio: ["pipe", "ignore", "ignore"] }),
    );
  }

  test("a Runner.Worker of the same installation, and of no other", async () => {
    layOut("github-actions-runner");
    run(join(trees.root, "other-runner", "bin", "Runner.Worker"));
    expect(await evidence("github-actions-runner")).toEqual([["none", "available"]]);
    run(join(trees.root, "actions-runner", "bin.2.336.0", "Runner.Worker"));
    expect(await evidence("github-actions-runner")).toEqual([["runner", "allocated"]]);
  });

  test("a bootstrap of the Buildkite agent; the agent itself is none", async () => {
    layOut("buildkite");
    run(join(trees.root, "agent", "buildkite-agent"), "start");
    expect(await evidence("buildkite")).toEqual([["none", "available"]]);
    run(join(trees.root, "job", "buildkite-agent"), "bootstrap");
    expect(await evidence("buildkite")).toEqual([["runner", "allocated"]]);
  });
});

/** The two commands of a preset's hooks, out of the form that the tool's own file has. */
function hookCommandsOf(name: PresetName): string[] {
  const lines: readonly string[] = sourcePresets[name].hooks.filter((line) => !line.startsWith("#"));
  if (name !== "claude-code") return lines.map((line) => /^sh '(.*)'$/.exec(line)?.[1] ?? line);
  const { hooks } = JSON.parse(lines.join("\n")) as {
    hooks: Record<string, { hooks: { type: string; command: string }[] }[]>;
  };
  expect(Object.keys(hooks)).toEqual(["SessionStart", "SessionEnd"]);
  return Object.values(hooks).flatMap((events) =>
    events.flatMap((each) => each.hooks.map((hook) => hook.command)),
  );
}

test.each(presetNames)("%s: its hooks hold the work tree, and let it go", (name) => {
  layOut(name);
  const path = join(trees.root, layouts[name].watched[0] ?? "");
  const bin = join(trees.root, "bin");
  mkdirSync(bin);
  writeFileSync(join(bin, "repo-pool-sidecar"), `#!/bin/sh\nexec ${process.execPath} ${programFile} "$@"\n`, {
    mode: 0o755,
  });
  const places = ["GITHUB_WORKSPACE", "CI_PROJECT_DIR", "BUILDKITE_BUILD_CHECKOUT_PATH"];
  const env = {
    ...{ PATH: `${bin}:${process.env["PATH"] ?? ""}`, HOME: trees.root },
    ...Object.fromEntries(places.map((place) => [place, path])),
  };
  const run = (command: string): string => {
    const { status, stdout, stderr } = spawnSync("sh", ["-c", command], { cwd: path, env, encoding: "utf8" });
    expect({ command, status, stderr }).toEqual({ command, status: 0, stderr: "" });
    return stdout;
  };
  const owner = (): unknown =>
    (JSON.parse(run(`repo-pool-sidecar why "${path}" --json`)) as { owner: unknown }).owner;
  const [hold = "", release = ""] = hookCommandsOf(name);
  run(hold);
  expect(owner()).toMatchObject({ evidence: "hold" });
  run(release);
  expect(owner()).not.toMatchObject({ evidence: "hold" });
});

test("a preset of another kind, and one that is none, are refused by name", async () => {
  const file = join(trees.root, "sidecar.yaml");
  writeFileSync(file, "sources: [{ name: x, kind: checkouts, preset: codex, paths: [/x] }]");
  const loaded = await loadConfig({ flags: { configFile: file }, env: {}, homeDirectory: trees.root });
  expect(loaded).toMatchObject({
    kind: "invalid",
    problems: [expect.stringContaining("codex is a preset of kind worktrees")],
  });
});

test("sources presets prints each with what it was read from, and lines that hold and release", async () => {
  const { printed, exitCode } = await runWithoutConfig(trees, "sources", "presets");
  expect(exitCode).toBe(0);
  const entries = printed.split("\n\n");
  expect(entries).toHaveLength(presetNames.length);
  for (const entry of entries)
    for (const part of ["# read from: ", "repo-pool-sidecar hold ", "repo-pool-sidecar release "])
      expect(entry).toContain(part);
  const { printed: one } = await runWithoutConfig(trees, "sources", "presets", "buildkite", "--json");
  expect(JSON.parse(one)).toMatchObject([{ name: "buildkite", kind: "checkouts" }]);
});
