import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { loadConfig, type ConfigSources, type LoadedConfig } from "../../src/config/load-config.ts";
import type { SidecarConfig } from "../../src/config/sidecar-config.ts";

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-load-config-"));
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

function fileOf(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

async function load(sources: Partial<ConfigSources>): Promise<SidecarConfig> {
  const loaded: LoadedConfig = await loadConfig({
    flags: {},
    env: {},
    homeDirectory: "/home/ada",
    ...sources,
  });
  if (loaded.kind === "invalid") throw new Error(loaded.problems.join("\n"));
  return loaded.config;
}

test("without any file the defaults hold, below the home directory", async () => {
  const config = await load({});
  expect(config).toEqual(createDefaultConfig("/home/ada"));
  expect(config.stateDir).toBe("/home/ada/.necrocode/workspaces/.repo-pool-sidecar");
});

test("an empty file is the same as none", async () => {
  expect(await load({ flags: { configFile: fileOf("empty.yaml", "") } })).toEqual(
    createDefaultConfig("/home/ada"),
  );
});

test("a section that is given keeps the defaults of what it leaves out", async () => {
  const configFile = fileOf("section.yaml", "recovery: { cooldown: 1m }");
  const { recovery } = await load({ flags: { configFile } });
  expect(recovery).toEqual({ ...createDefaultConfig("/").recovery, cooldownSeconds: 60 });
});

test("the file wins over pools.yaml, and that over the defaults", async () => {
  const poolsConfig = fileOf("pools.yaml", "defaults: { stale_lock_hours: 6, lock_timeout: 12 }");
  const configFile = fileOf("own.yaml", "detection: { stale_lock_hours: 24 }");
  const { detection, recovery } = await load({ flags: { configFile, poolsConfig } });
  expect([detection.staleLockHours, recovery.lockTimeoutSeconds]).toEqual([24, 12]);
});

test("the state directory follows the workspaces directory unless the file names it", async () => {
  const flags = { workspacesDir: "/pools" };
  expect((await load({ flags })).stateDir).toBe("/pools/.repo-pool-sidecar");
  const configFile = fileOf("state.yaml", "state_dir: ~/state");
  expect((await load({ flags: { ...flags, configFile } })).stateDir).toBe("/home/ada/state");
});

test.each(["", "locks", "demo", "demo/slot1/.cache/state"])(
  "a state directory where a pool can be is refused: %j",
  async (name) => {
    const workspacesDir = join(directory, "pools");
    mkdirSync(join(workspacesDir, name), { recursive: true });
    const link = join(directory, `link-${name.replaceAll("/", "-")}`);
    symlinkSync(join(workspacesDir, name), link);
    for (const stateDir of [join(workspacesDir, name), link])
      await expect(load({ flags: { workspacesDir, stateDir } })).rejects.toThrow(
        `state_dir: a pool can be at ${stateDir}`,
      );
    const stateDir = join(workspacesDir, ".state", name);
    expect(await load({ flags: { workspacesDir, stateDir } })).toMatchObject({ stateDir });
  },
);

test("flags win over the environment, and that over the file", async () => {
  const configFile = fileOf("workspaces.yaml", "workspaces_dir: /file\ntimezone: Europe/Berlin");
  const env = {
    REPO_POOL_SIDECAR_WORKSPACES_DIR: "/environment",
    REPO_POOL_SIDECAR_TIMEZONE: "Asia/Kathmandu",
  };
  expect(await load({ flags: { configFile }, env })).toMatchObject({
    workspacesDir: "/environment",
    timezone: "Asia/Kathmandu",
  });
  expect((await load({ flags: { configFile, workspacesDir: "/flag" }, env })).workspacesDir).toBe("/flag");
});

test("an empty variable is none", async () => {
  const names = ["WORKSPACES_DIR", "STATE_DIR", "CONFIG_FILE", "POOLS_CONFIG", "TIMEZONE"];
  const env = Object.fromEntries(names.map((name) => [`REPO_POOL_SIDECAR_${name}`, ""]));
  expect(await load({ flags: {}, env })).toEqual(await load({ flags: {} }));
});

test("a configuration that cannot be read says why", async () => {
  const problemOf = async (configFile: string) =>
    loadConfig({ flags: { configFile }, env: {}, homeDirectory: "/" });
  expect(await problemOf("/no/such.yaml")).toMatchObject({
    problems: ["/no/such.yaml: there is no such file"],
  });
  expect(await problemOf("/")).toMatchObject({ problems: ["/: cannot be read (EISDIR)"] });
});

test("a mistake in pools.yaml names that file and the line", async () => {
  const poolsConfig = fileOf("bad-pools.yaml", "defaults:\n  num_slots: none");
  const loaded = await loadConfig({ flags: { poolsConfig }, env: {}, homeDirectory: "/" });
  expect(loaded).toEqual({
    kind: "invalid",
    problems: [`${poolsConfig}: line 2: defaults.num_slots: expected a number, found "none"`],
  });
});

test("a mistake in a configuration that a variable names names the file and the line", async () => {
  const file = fileOf("bad.yaml", "timezone: UTC\nrecoveri: {}");
  const env = { REPO_POOL_SIDECAR_CONFIG_FILE: file };
  const loaded = await loadConfig({ flags: {}, env, homeDirectory: "/" });
  expect(loaded).toEqual({
    kind: "invalid",
    problems: [expect.stringContaining(`${file}: line 2: recoveri: unknown key`)],
  });
});
