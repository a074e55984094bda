import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
let home = "";

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-cli-"));
});

afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

function run(args: readonly string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    encoding: "utf8",
    env: { PATH: process.env["PATH"], HOME: home, ...env },
  });
  return { status, stdout, stderr };
}

function writePool(slotState: string): string {
  const workspaces = join(home, "pools");
  const slot = join(workspaces, "demo", "slot1");
  const now = new Date().toISOString().slice(0, 19);
  const common = { repo_name: "demo", repo_url: "https://example.com/demo.git", metadata: {} };
  const times = { created_at: now, updated_at: now };
  mkdirSync(slot, { recursive: true });
  writeFileSync(join(workspaces, "demo", "pool.json"), JSON.stringify({ ...common, ...times, num_slots: 1 }));
  const record = {
    ...common,
    ...times,
    slot_id: "workspace-demo-slot1",
    slot_path: slot,
    state: slotState,
    allocation_count: 0,
    total_usage_seconds: 0,
    last_allocated_at: null,
    last_released_at: null,
    current_branch: null,
    current_commit: null,
  };
  writeFileSync(join(slot, "slot.json"), JSON.stringify(record));
  return workspaces;
}

test("check names a slot without a repository, ends with 3 and writes nothing", () => {
  const workspaces = writePool("available");
  const { status, stdout } = run(["check", "--json", "--workspaces-dir", workspaces]);
  expect(status).toBe(3);
  expect(JSON.parse(stdout)).toMatchObject({ corrupted_slots: [{ slot_id: "workspace-demo-slot1" }] });
  expect(readdirSync(workspaces)).toEqual(["demo"]);
  expect(readdirSync(join(workspaces, "demo", "slot1"))).toEqual(["slot.json"]);
});

test("check tells people the same in words", () => {
  const { status, stdout } = run(["check", "--workspaces-dir", writePool("available")]);
  expect(status).toBe(3);
  expect(stdout).toContain("corrupted  workspace-demo-slot1");
  expect(stdout).toContain("1 anomaly");
});

test("an unknown subcommand ends with 2 and names the nearest one", () => {
  const { status, stderr } = run(["chekc"]);
  expect(status).toBe(2);
  expect(stderr).toContain("check");
});

test("an unknown option ends with 2 and names the nearest one", () => {
  const { status, stderr } = run(["recover", "--dry-rum"]);
  expect(status).toBe(2);
  expect(stderr).toContain("--dry-run");
});

test("an unknown pool is wrong usage", () => {
  const workspaces = writePool("available");
  const { status, stderr } = run(["check", "--pool", "nothing", "--workspaces-dir", workspaces]);
  expect(status).toBe(2);
  expect(stderr).toContain("POOL_UNKNOWN");
});

test("every problem of a configuration file is reported with its line", () => {
  const file = join(home, "config.yaml");
  writeFileSync(file, "workspaces_dir: /srv/pools\ncollector:\n  scedule: x\nsalvage:\n  max_age: 3 weeks\n");
  const { status, stderr } = run(["check", "--config.file", file]);
  expect(status).toBe(2);
  expect(stderr).toContain("line 3: collector.scedule: unknown key");
  expect(stderr).toContain("line 5: salvage.max_age: expected a duration");
});

test("a flag wins over the environment, and the environment over the file", () => {
  const workspaces = writePool("available");
  const file = join(home, "config.yaml");
  writeFileSync(file, "workspaces_dir: /nonexistent-from-file\n");
  const fromEnvironment = run(["check", "--json", "--config.file", file], {
    REPO_POOL_SIDECAR_WORKSPACES_DIR: workspaces,
  });
  const fromFlag = run(["check", "--json", "--workspaces-dir", workspaces], {
    REPO_POOL_SIDECAR_WORKSPACES_DIR: "/nonexistent-from-environment",
  });
  expect([fromEnvironment.status, fromFlag.status]).toEqual([3, 3]);
});

test("recover --dry-run plans and changes nothing", () => {
  const workspaces = writePool("available");
  const { status, stdout } = run(["recover", "--dry-run", "--json", "--workspaces-dir", workspaces]);
  expect(JSON.parse(stdout)).toMatchObject({ dry_run: true, corrupted_recovered: 0 });
  expect(status).toBe(0);
  expect(readdirSync(join(workspaces, "demo", "slot1"))).toEqual(["slot.json"]);
});

test("--version and --help end with 0", () => {
  const version =
    /^repo-pool-sidecar, version \d+\.\d+\.\d+ \(revision: \w+\)\n {2}node version: +[\d.]+\n {2}platform: +\w+\/\w+\n$/;
  expect(run(["--version"])).toMatchObject({ status: 0, stdout: expect.stringMatching(version) });
  expect(run(["--help"])).toMatchObject({ status: 0, stdout: expect.stringContaining("recover") });
});
