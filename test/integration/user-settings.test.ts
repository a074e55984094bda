import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import { git, RealPool } from "../kit/real-pool.ts";

let pool: RealPool;

beforeEach(() => {
  pool = new RealPool(1);
  for (const name of Object.keys(process.env).filter((key) => /^(?:GIT_|XDG_)|_proxy$/i.test(key)))
    vi.stubEnv(name, undefined);
  vi.stubEnv("HOME", join(pool.root, "home"));
});

afterEach(() => {
  vi.unstubAllEnvs();
  pool.destroy();
});

function manager(): PoolManager {
  const { workspacesDir, stateDir } = pool;
  return new PoolManager({ config: { ...createDefaultConfig(pool.root), workspacesDir, stateDir } });
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function setUrl(url: string): void {
  const path = join(pool.directory, "pool.json");
  const record = JSON.parse(readFileSync(path, "utf8")) as object;
  writeFileSync(path, JSON.stringify({ ...record, repo_url: url }));
  pool.writeRecord(1, { repo_url: url });
  git(pool.slotPath(1), "remote", "set-url", "origin", url);
}

const invalidUrl = "https://git.invalid/x";
const insteadOf = (): string => `[url "${pool.url}"]\n\tinsteadOf = ${invalidUrl}\n`;
const home = (...names: string[]): string => join(pool.root, "home", ...names);

describe("another address for the remote's is read from", () => {
  test.each([
    ["~/.gitconfig", () => [home(".gitconfig"), {}]],
    ["~/.config/git/config", () => [home(".config", "git", "config"), {}]],
    [
      "XDG_CONFIG_HOME",
      () => [join(pool.root, "xdg", "git", "config"), { XDG_CONFIG_HOME: join(pool.root, "xdg") }],
    ],
    ["GIT_CONFIG_GLOBAL", () => [join(pool.root, "own"), { GIT_CONFIG_GLOBAL: join(pool.root, "own") }]],
    ["GIT_CONFIG_SYSTEM", () => [join(pool.root, "own"), { GIT_CONFIG_SYSTEM: join(pool.root, "own") }]],
  ] as [string, () => [string, Record<string, string>]][])("%s", async (_, place) => {
    const [path, environment] = place();
    write(path, insteadOf());
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    setUrl(invalidUrl);
    await manager().addSlot("demo");
    const result = await manager().allocateSlotDetailed("demo");
    expect(result).toMatchObject({ kind: "allocated", warnings: [] });
  });
});

test("a slot's settings never say how its remote is reached", async () => {
  setUrl(invalidUrl);
  git(pool.slotPath(1), "config", `url.${pool.url}.insteadOf`, invalidUrl);
  const result = await manager().allocateSlotDetailed("demo");
  expect(result).toMatchObject({ kind: "allocated", warnings: [expect.stringContaining("not fetched")] });
});

test("a helper of the user is asked for a password, with the service's environment, and a slot's never", async () => {
  const server = createServer((_, response) =>
    response.writeHead(401, { "www-authenticate": "Basic" }).end(),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  setUrl(`http://127.0.0.1:${(server.address() as AddressInfo).port}/x`);
  const helper = (name: string): string => `!f() { echo "$TOKEN" > ${join(pool.root, name)}; }; f`;
  write(home(".gitconfig"), "");
  git(pool.root, "config", "--file", home(".gitconfig"), "credential.helper", helper("of-user"));
  git(pool.slotPath(1), "config", "credential.helper", helper("of-slot"));
  vi.stubEnv("TOKEN", "of the service");
  await manager().allocateSlot("demo");
  server.close();
  expect(readFileSync(join(pool.root, "of-user"), "utf8")).toBe("of the service\n");
  expect(existsSync(join(pool.root, "of-slot"))).toBe(false);
});

test("a slot is the same whatever its maker's settings are", async () => {
  const seed = join(pool.root, "seed");
  writeFileSync(join(seed, "lines.txt"), "one\ntwo\n");
  git(seed, "add", ".");
  git(seed, "commit", "-q", "-m", "lines");
  git(seed, "push", "-q", pool.origin, "main", "main:refs/heads/other", "main:refs/pull/1/head");
  const describeSlot = (number: number) => {
    const path = pool.slotPath(number);
    return {
      config: readFileSync(join(path, ".git", "config"), "utf8"),
      files: readFileSync(join(path, "lines.txt"), "utf8"),
      refs: git(path, "for-each-ref", "--format=%(refname) %(objectname) %(symref)"),
      status: git(path, "status", "--porcelain"),
      flags: git(path, "ls-files", "-v"),
      logs: readdirSync(join(path, ".git", "logs"), { recursive: true, encoding: "utf8" }).sort(),
      indexVersion: readFileSync(join(path, ".git", "index")).readInt32BE(4),
      hasHooks: existsSync(join(path, ".git", "hooks")),
    };
  };
  await manager().addSlot("demo");
  write(home("template", "hooks", "post-checkout"), "#!/bin/sh\n");
  write(home(".config", "git", "attributes"), "* text eol=crlf\n");
  write(
    home(".gitconfig"),
    `[core]\n\tautocrlf = true\n\tsymlinks = false\n[init]\n\ttemplateDir = ${home("template")}\n` +
      "[branch]\n\tautoSetupRebase = always\n[clone]\n\tdefaultRemoteName = upstream\n\trejectShallow = true\n" +
      "[feature]\n\tmanyFiles = true\n[index]\n\tversion = 4\n[fetch]\n\tprune = true\n[submodule]\n\trecurse = true\n",
  );
  const empty = join(pool.root, "empty.git");
  git(pool.root, "init", "-q", "--bare", empty);
  write(
    home("included"),
    `[remote "origin"]\n\turl = file://${empty}\n\tfetch = +refs/pull/*:refs/remotes/pull/*\n` +
      "[core]\n\tlogAllRefUpdates = false\n\tignoreStat = true\n",
  );
  git(pool.root, "config", "--file", home(".gitconfig"), "include.path", "~/included");
  await manager().addSlot("demo");
  expect(describeSlot(3)).toEqual(describeSlot(2));
});
