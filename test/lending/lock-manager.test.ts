import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { SnapshotScope } from "../../src/anomalies/snapshot-service.ts";
import { LockManager } from "../../src/lending/lock-manager.ts";
import { anOrphanedLock, aSnapshot } from "../kit/a-snapshot.ts";

function aLockManager({ workspacesDir = "/nowhere" } = {}) {
  const scopes: SnapshotScope[] = [];
  const movedHours: number[] = [];
  const lock = anOrphanedLock();
  const manager = new LockManager({
    ...{ workspacesDir, stateDir: "/nowhere", staleLockHours: 24 },
    clock: { now: () => new Date(), sleep: () => Promise.resolve() },
    snapshots: {
      take: (scope) => {
        scopes.push(scope ?? {});
        const anomalies = { longAllocatedSlots: [], corruptedSlots: [], orphanedLocks: [lock] };
        return Promise.resolve(aSnapshot({ anomalies }));
      },
    },
    recovery: {
      moveStaleLocks: (staleLockHours) => {
        movedHours.push(staleLockHours);
        return Promise.resolve(3);
      },
    },
  });
  return { manager, scopes, movedHours, lock };
}

test("stale locks are those of a snapshot, with the age that is asked for", async () => {
  const { manager, scopes, lock } = aLockManager();
  expect(await manager.detectStaleLocks()).toEqual([lock]);
  await manager.detectStaleLocks({ maxAgeHours: 2 });
  expect(scopes).toEqual([{ staleLockHours: undefined }, { staleLockHours: 2 }]);
});

test("they are moved by a recovery, by default from the configured age", async () => {
  const { manager, movedHours } = aLockManager();
  expect(await manager.cleanupStaleLocks()).toBe(3);
  await manager.cleanupStaleLocks({ maxAgeHours: 2 });
  expect(movedHours).toEqual([24, 2]);
});

test("where locks cannot be seen, none is said to be free", async () => {
  const workspacesDir = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-locks-"));
  onTestFinished(() => {
    rmSync(workspacesDir, { recursive: true });
  });
  const slotId = "workspace-demo-slot1";
  const { manager } = aLockManager({ workspacesDir });
  expect([await manager.list(), await manager.isLocked(slotId)]).toEqual([[], false]);
  const unreadable = { code: "WORKSPACES_UNREADABLE" };
  writeFileSync(join(workspacesDir, "locks"), "");
  for (const { manager: blind } of [{ manager }, aLockManager()])
    for (const look of [blind.list(), blind.isLocked(slotId), blind.forceUnlock(slotId)])
      await expect(look).rejects.toMatchObject(unreadable);
});
