#!/usr/bin/env node
// `npm run demo`: a pool with broken slots in a temporary directory, checked, recovered and checked again.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const main = join(root, "dist/main.js");
const home = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-demo-"));
const workspaces = join(home, "workspaces");
const origin = join(home, "origin.git");
const hour = 3_600_000;

/** Only what git needs: the settings of whoever runs the demo do not count. */
const environment = {
  PATH: process.env.PATH,
  HOME: home,
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_AUTHOR_NAME: "demo",
  GIT_AUTHOR_EMAIL: "demo@example.com",
  GIT_COMMITTER_NAME: "demo",
  GIT_COMMITTER_EMAIL: "demo@example.com",
};

function git(...args) {
  const { status, stderr } = spawnSync("git", args, { env: environment, encoding: "utf8" });
  if (status !== 0) throw new Error(`git ${args.join(" ")}: ${stderr}`);
}

function sidecar(...args) {
  console.log(`\n$ repo-pool-sidecar ${args.join(" ")}`);
  const command = [main, ...args, "--workspaces-dir", workspaces];
  spawnSync(process.execPath, command, { env: environment, stdio: "inherit" });
}

/** Local time without a zone, as a pool manager writes it. */
function localTime(date) {
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, -1);
}

function writeJson(path, value) {
  writeFileSync(path, `${JSON.stringify(value, undefined, 2)}\n`);
}

function buildOrigin() {
  const source = join(home, "source");
  git("init", "-q", "-b", "main", source);
  writeFileSync(join(source, "hello.txt"), "hello\n");
  git("-C", source, "add", "hello.txt");
  git("-C", source, "commit", "-q", "-m", "Say hello");
  git("clone", "-q", "--bare", source, origin);
}

function buildSlot(number, { state, allocatedAt }) {
  const slot = join(workspaces, "demo", `slot${number}`);
  const updatedAt = localTime(new Date());
  git("clone", "-q", origin, slot);
  writeJson(join(slot, "slot.json"), {
    slot_id: `workspace-demo-slot${number}`,
    repo_name: "demo",
    repo_url: origin,
    slot_path: slot,
    state,
    allocation_count: allocatedAt === null ? 0 : 1,
    total_usage_seconds: 0,
    last_allocated_at: allocatedAt,
    last_released_at: null,
    current_branch: "main",
    current_commit: null,
    metadata: {},
    created_at: updatedAt,
    updated_at: updatedAt,
  });
  return slot;
}

function buildPool() {
  mkdirSync(join(workspaces, "demo"), { recursive: true });
  const now = localTime(new Date());
  const names = { repo_name: "demo", repo_url: origin, num_slots: 4 };
  writeJson(join(workspaces, "demo", "pool.json"), {
    ...names,
    created_at: now,
    updated_at: now,
    metadata: {},
  });
  const free = { state: "available", allocatedAt: null };
  buildSlot(1, free);
  writeFileSync(join(buildSlot(2, free), ".git", "HEAD"), "");
  writeFileSync(join(buildSlot(3, free), ".git", "index"), "not an index");
  buildSlot(4, { state: "allocated", allocatedAt: localTime(new Date(Date.now() - 30 * hour)) });
}

/** The lock file of a slot that is long gone. */
function leaveLock() {
  const lock = join(workspaces, "locks", "workspace-demo-slot9.lock");
  const time = new Date(Date.now() - 48 * hour);
  mkdirSync(join(workspaces, "locks"));
  writeFileSync(lock, "");
  utimesSync(lock, time, time);
}

try {
  if (!existsSync(main)) spawnSync(process.execPath, [join(root, "scripts/build.mjs")], { stdio: "inherit" });
  buildOrigin();
  buildPool();
  leaveLock();
  sidecar("check");
  sidecar("recover", "--dry-run");
  sidecar("recover");
  sidecar("check");
} finally {
  rmSync(home, { recursive: true, force: true });
}
