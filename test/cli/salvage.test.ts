import { mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Journal } from "../../src/journal/journal.ts";
import { addJournalLines, noRecoveryTotals } from "../../src/metrics/recovery-totals.ts";
import { RealPool } from "../kit/real-pool.ts";
import { runProgram } from "../kit/run-program.ts";

let pool: RealPool;

beforeEach(() => {
  pool = new RealPool(1);
});

afterEach(() => {
  pool.destroy();
});

function run(...args: string[]): { status: number | null; json: unknown; stderr: string } {
  const { status, stdout, stderr } = runProgram(pool, ...args, "--json");
  return { status, json: stdout === "" ? undefined : JSON.parse(stdout), stderr };
}

/** A slot with a damaged index and an edit: its recovery saves the edit first. */
function recoverWithWork(): void {
  writeFileSync(join(pool.slotPath(1), "file.txt"), "mine\n");
  writeFileSync(join(pool.slotPath(1), ".git", "index"), "garbage");
  expect(run("recover", pool.slotId(1))).toMatchObject({
    status: 0,
    json: { corrupted_recovered: 1, errors: [] },
  });
}

test("what a recovery saved is listed, shown, restored and counted once", () => {
  recoverWithWork();
  const listed = run("salvage", "list").json as { id: string; path: string }[];
  expect(listed).toEqual([
    {
      id: expect.stringMatching(/-workspace-demo-slot1$/) as string,
      slot_id: "workspace-demo-slot1",
      repo_name: "demo",
      created_at: expect.any(String) as string,
      reason: expect.any(String) as string,
      bytes: expect.any(Number) as number,
      path: expect.stringContaining(join(pool.stateDir, "salvage")) as string,
      complete: true,
    },
  ]);
  const id = listed[0]?.id ?? "";
  expect(run("salvage", "show", id).json).toMatchObject({ id, manifest: { id, complete: true } });
  const directory = join(pool.root, "restored");
  expect(run("salvage", "restore", id, "--to", directory)).toMatchObject({
    status: 0,
    json: { id, directory, branch: "refs/heads/main" },
  });
  expect(readFileSync(join(directory, "file.txt"), "utf8")).toBe("mine\n");
  expect(run("salvage", "prune", "--dry-run").json).toEqual({ dry_run: true, removed: [], errors: [] });
  const totals = addJournalLines(noRecoveryTotals, new Journal(pool.stateDir).read());
  expect(totals.pools.get("demo")).toMatchObject({ salvages: 1, salvageFailures: 0, slotsRecovered: 1 });
});

test("saved work that nobody has is an error with its code, and a directory in use is not written", () => {
  expect(run("salvage", "list").json).toEqual([]);
  const unknown = run("salvage", "show", "2026-unknown");
  expect(unknown.status).not.toBe(0);
  expect(unknown.stderr).toContain("2026-unknown");
  recoverWithWork();
  const [{ id } = { id: "" }] = run("salvage", "list").json as { id: string }[];
  const refused = run("salvage", "restore", id, "--to", pool.slotPath(1));
  expect(refused.status).not.toBe(0);
  expect(refused.stderr).toContain("name a new or an empty directory");
});

test("saved work that cannot be listed is not told to be none", () => {
  mkdirSync(pool.stateDir, { recursive: true });
  expect(run("salvage", "list")).toMatchObject({ status: 0, json: [] });
  recoverWithWork();
  const [salvages, elsewhere] = [join(pool.stateDir, "salvage"), join(pool.root, "elsewhere")];
  renameSync(salvages, elsewhere);
  symlinkSync(elsewhere, salvages);
  const { status, stderr } = run("salvage", "list");
  expect(status).toBe(1);
  expect(stderr).toContain(`SALVAGE_UNREADABLE: ${salvages} cannot be listed: it is a link`);
});
