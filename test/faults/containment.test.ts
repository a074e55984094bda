import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { defaultThresholds } from "../kit/default-thresholds.ts";
import { KnownGoodStore } from "../../src/inspection/memory/known-good.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import { asError } from "../../src/platform/coded-error.ts";
import { systemTimeZone } from "../../src/pool/records/local-time.ts";
import { assessSlot } from "../../src/recovery/execute/assess-slot.ts";
import { defaultRecoveryOptions } from "../../src/recovery/plan/recovery-options.ts";
import { recoverySteps } from "../../src/recovery/steps/step-registry.ts";
import { describeEachLayout } from "../kit/describe-layouts.ts";
import { empty, garbage } from "../kit/faults/fault.ts";
import { leaveLock, overwrite } from "../kit/damage.ts";
import { git, type RealPool } from "../kit/real-pool.ts";
import { rememberPool } from "../kit/remember-pool.ts";
import { sampleOf } from "../kit/sample.ts";
import { SlotPlace } from "../kit/slot-place.ts";
import { fingerprint } from "../kit/working-slot.ts";

/** Directories of git's that may be a link. */
const folders = ["worktrees", "modules", "refs", "logs", "objects", "hooks", "info"] as const;

/** Gives each step something to do, as far as it finds it: in the folder itself, and beside it. */
function damage(slot: SlotPlace, folder: string): void {
  const { commonDirectory, gitDirectory } = slot;
  const admin = join("worktrees", "slot2");
  for (const name of [
    "refs/heads/main.lock",
    "logs/HEAD.lock",
    "logs/refs/heads/main.lock",
    `${admin}/index.lock`,
  ])
    if (name.startsWith(`${folder}/`)) leaveLock(join(commonDirectory, name));
  overwrite(join(commonDirectory, "refs", "heads", "other"), empty);
  overwrite(join(commonDirectory, "refs", "heads", "alias"), "ref: refs/heads/none\n");
  overwrite(join(commonDirectory, "packed-refs"), garbage);
  overwrite(join(gitDirectory, "index"), garbage);
  overwrite(slot.recordPath, empty);
  const objects = join(commonDirectory, "objects");
  const fanOut = readdirSync(objects).filter((name) => name.length === 2);
  for (const name of fanOut.slice(0, 3))
    for (const object of readdirSync(join(objects, name))) overwrite(join(objects, name, object), empty);
  if (folder !== "objects" && folder !== "refs") return;
  overwrite(join(gitDirectory, "HEAD"), empty);
}

/** Puts the folder outside of the pool, and a link in its place. @returns where it is now. */
function leadAway(pool: RealPool, slot: SlotPlace, folder: string): string {
  const place = join(slot.commonDirectory, folder);
  const outside = join(pool.root, "outside");
  mkdirSync(outside);
  if (existsSync(place)) renameSync(place, join(outside, folder));
  else mkdirSync(join(outside, folder));
  symlinkSync(join(outside, folder), place);
  return outside;
}

/** Carries out a step whether or not a plan would. */
async function execute(pool: RealPool, step: (typeof recoverySteps)[number]): Promise<string> {
  const { workspacesDir, stateDir } = pool;
  const clock = { now: () => new Date(), sleep: () => Promise.resolve() };
  const limits = { deepTimeoutSeconds: 60, heartbeatMaxAgeSeconds: 600 };
  const settings = { workspacesDir, stateDir, clock, timeZone: systemTimeZone(), ...limits };
  const slot = { slotId: pool.slotId(2), repoName: "demo" };
  const look = { inspection: settings, thresholds: defaultThresholds, isDeep: true };
  const assessment = await assessSlot(slot, look);
  if (assessment === undefined) throw new Error("the pool has no such slot");
  const { inspection, reasons } = assessment;
  try {
    const result = await step.execute({
      ...settings,
      ...{ pool: assessment.pool, slot: inspection.slot, inspection, reasons },
      ...{
        isProven: true,
        hasReplacedWork: false,
        refuseTaken: () => undefined,
        thresholds: defaultThresholds,
        salvage: { exclude: [], whole: false, minFreeRatio: 0 },
      },
      knownGood: new KnownGoodStore(stateDir),
      stamp: "2026-05-04T12-00-00-000Z-0a1b2c3d",
      trigger: "command",
      options: { ...defaultRecoveryOptions, allowPoolRebuild: true },
      releaseSlot: () => Promise.reject(new Error("no step releases")),
      note: () => undefined,
    });
    return result.outcome;
  } catch (error) {
    // A step that is refused in the middle of its work.
    return asError(error).message;
  }
}

describeEachLayout((layout, template) => {
  const cases = recoverySteps.flatMap((step) => folders.map((folder) => ({ step, folder })));
  test.each(sampleOf(cases, 4, `steps and folders of ${layout} slots`))(
    "$step.action changes nothing outside of the pool if $folder is a link out of it",
    async ({ step, folder }) => {
      const { pool } = template;
      const slot = new SlotPlace(pool, 2);
      await rememberPool(pool);
      damage(slot, folder);
      const outside = leadAway(pool, slot, folder);
      const before = fingerprint(outside);
      const outcome = await execute(pool, step);
      expect(fingerprint(outside), outcome).toEqual(before);
    },
  );

  // Of a main repository all slots are neighbours.
  const besideClones = layout === "clone" ? sampleOf(cases, 3, "steps and folders of neighbours") : [];
  test.each(besideClones)(
    "$step.action changes nothing of a neighbour if $folder is a link into it",
    async ({ step, folder }) => {
      const { pool } = template;
      const slot = new SlotPlace(pool, 2);
      const neighbour = join(new SlotPlace(pool, 3).commonDirectory, folder);
      await rememberPool(pool);
      damage(slot, folder);
      rmSync(join(slot.commonDirectory, folder), { recursive: true, force: true });
      mkdirSync(neighbour, { recursive: true });
      symlinkSync(neighbour, join(slot.commonDirectory, folder));
      if (folder === "refs") leaveLock(join(neighbour, "heads", "main.lock"));
      const before = fingerprint(pool.slotPath(3));
      const outcome = await execute(pool, step);
      expect(fingerprint(pool.slotPath(3)), outcome).toEqual(before);
    },
  );

  const released = layout === "clone" ? sampleOf(folders, 2, "folders of a release") : [];
  test.each(released)("a release changes nothing of a neighbour if %s is a link into it", async (folder) => {
    const { pool } = template;
    const slot = new SlotPlace(pool, 2);
    const neighbour = join(new SlotPlace(pool, 3).commonDirectory, folder);
    pool.writeRecord(2, { state: "allocated" });
    git(join(pool.root, "seed"), "push", "-q", "origin", "main~1:refs/heads/new");
    rmSync(join(slot.commonDirectory, folder), { recursive: true, force: true });
    mkdirSync(neighbour, { recursive: true });
    symlinkSync(neighbour, join(slot.commonDirectory, folder));
    const before = fingerprint(pool.slotPath(3));
    const { workspacesDir, stateDir, root } = pool;
    const manager = new PoolManager({ config: { ...createDefaultConfig(root), workspacesDir, stateDir } });
    const outcome = await manager.releaseSlotDetailed(pool.slotId(2));
    expect(fingerprint(pool.slotPath(3)), JSON.stringify(outcome)).toEqual(before);
  });
});
