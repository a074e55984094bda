import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Journal } from "../../src/journal/journal.ts";
import { pruneSaved, type PruneRequest, type PruneResult } from "../../src/salvage/retention/prune-saved.ts";
import { writeReclaimed } from "../../src/salvage/reclaimed-slot.ts";
import type { RetentionLimits } from "../../src/salvage/retention/retention.ts";

const now = new Date("2026-05-31T12:00:00Z");
const daySeconds = 24 * 3600;
const kibibyte = 1024;
let root = "";
let stateDir = "";

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-prune-"));
  stateDir = join(root, "state");
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function keep(kind: "quarantine" | "salvage", day: string, bytes = kibibyte): string {
  const id = `2026-05-${day}T12-00-00-000Z-0a1b2c3d-workspace-demo-slot1`;
  mkdirSync(join(stateDir, kind, id, "slot1"), { recursive: true });
  writeFileSync(join(stateDir, kind, id, "slot1", "file.bin"), Buffer.alloc(bytes));
  return id;
}

async function prune(
  limits: Partial<RetentionLimits>,
  rest: Partial<Pick<PruneRequest, "dryRun" | "trigger" | "now">> = {},
): Promise<PruneResult> {
  return pruneSaved({
    stateDir,
    limits: { maxAgeSeconds: 30 * daySeconds, minAgeSeconds: daySeconds, maxBytes: Infinity, ...limits },
    journal: new Journal(stateDir),
    trigger: "command",
    now,
    dryRun: false,
    ...rest,
  });
}

const daysAfter = (days: number): Date => new Date(now.getTime() + days * daySeconds * 1000);
/** As \`serve\` prunes, with nobody there. */
const pruneBySchedule = (at: Date): Promise<PruneResult> => prune({}, { trigger: "schedule", now: at });

const kept = (kind = "quarantine"): string[] => readdirSync(join(stateDir, kind)).sort();

test("what is past its age goes, of both kinds, and the journal tells each removal", async () => {
  const old = keep("quarantine", "01");
  keep("salvage", "01");
  const young = keep("quarantine", "20");
  expect(await prune({ maxAgeSeconds: 20 * daySeconds })).toMatchObject({ kind: "pruned", errors: [] });
  expect(kept()).toEqual([young]);
  expect(kept("salvage")).toEqual([]);
  const notes = new Journal(stateDir).read().map(({ detail }) => detail);
  expect(notes).toContain(`removing quarantine ${old}`);
  expect(notes).toContain(`removed quarantine ${old}`);
});

test("over the space the oldest go first, and no more than must", async () => {
  const [, second, third] = [keep("quarantine", "02"), keep("quarantine", "03"), keep("quarantine", "04")];
  await prune({ maxBytes: 2 * kibibyte });
  expect(kept()).toEqual([second, third]);
});

test("what is younger than the minimum age stays, however little space there is", async () => {
  const young = keep("quarantine", "31", 64 * kibibyte);
  keep("quarantine", "02");
  await prune({ maxBytes: 0, maxAgeSeconds: 0 });
  expect(kept()).toEqual([young]);
});

test("links are not followed: neither one inside nor one in the place of what is kept", async () => {
  const outside = join(root, "outside");
  mkdirSync(outside);
  writeFileSync(join(outside, "precious.txt"), "precious\n");
  const id = keep("quarantine", "01");
  symlinkSync(outside, join(stateDir, "quarantine", id, "inside"));
  const link = "2026-05-02T12-00-00-000Z-0a1b2c3d-workspace-demo-slot2";
  symlinkSync(outside, join(stateDir, "quarantine", link));
  await prune({ maxAgeSeconds: daySeconds });
  expect(kept()).toEqual([link]);
  expect(readFileSync(join(outside, "precious.txt"), "utf8")).toBe("precious\n");
});

test("a dry run names what would go and removes nothing", async () => {
  const old = keep("quarantine", "01");
  const result = await prune({ maxAgeSeconds: daySeconds }, { dryRun: true });
  expect(result).toMatchObject({ removed: [{ kept: { id: old }, because: "max_age" }] });
  expect(kept()).toEqual([old]);
});

test("what a killed prune left of a slot that was reclaimed to a quarantine elsewhere goes with the next prune", async () => {
  const reclaimTo = (keptAt: string, day: string): string => {
    const folder = join(stateDir, "quarantine", `2026-05-${day}T12-00-00-000Z-0a1b2c3d-api-one-0a1b2c`);
    mkdirSync(join(root, "elsewhere", keptAt, "tree"), { recursive: true });
    mkdirSync(folder, { recursive: true });
    writeReclaimed(folder, {
      ...{ slotId: "api-one-0a1b2c", repoName: "api", path: join(root, "one"), registration: undefined },
      ...{ commonDirectory: undefined, keptAt: join(root, "elsewhere", keptAt), salvageId: undefined },
      reclaimedAt: now,
    });
    return basename(folder);
  };
  reclaimTo("killed", "20");
  const whole = reclaimTo("whole", "21");
  renameSync(join(root, "elsewhere", "killed"), join(root, "elsewhere", "killed.outgoing"));
  expect(await prune({})).toEqual({ kind: "pruned", removed: [], errors: [] });
  expect(readdirSync(join(root, "elsewhere"))).toEqual(["whole"]);
  expect(kept()).toEqual([whole]);
});

test("a schedule removes what two prunes in a row find too old: a clock that was ahead once costs nothing", async () => {
  const id = keep("quarantine", "30");
  await pruneBySchedule(now);
  await pruneBySchedule(daysAfter(400));
  await pruneBySchedule(daysAfter(1));
  await pruneBySchedule(daysAfter(40));
  expect(kept()).toEqual([id]);
  expect(await pruneBySchedule(daysAfter(41))).toMatchObject({ removed: [{ because: "max_age" }] });
  expect(kept()).toEqual([]);
});

test("what was saved while the clock was behind is kept as long as all else, whoever prunes", async () => {
  await pruneBySchedule(now);
  const id = keep("quarantine", "01");
  for (const at of [daysAfter(-9000), now, daysAfter(29)]) await pruneBySchedule(at);
  await prune({}, { now: daysAfter(29) });
  expect(kept()).toEqual([id]);
  await prune({}, { now: daysAfter(31) });
  expect(kept()).toEqual([]);
});

test("with a record of prunes that is damaged, a schedule keeps what is too old once more", async () => {
  const id = keep("quarantine", "01");
  for (const damage of [true, true, false]) {
    if (damage) writeFileSync(join(stateDir, "retention.json"), "{ torn");
    expect(kept()).toEqual([id]);
    await pruneBySchedule(daysAfter(10));
  }
  expect(kept()).toEqual([]);
});
