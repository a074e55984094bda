import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { checkSharedDeep, type DeepCheck } from "../../src/inspection/deep/deep-check.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import { runWithoutConfig } from "../kit/commands-of-trees.ts";
import { overwrite } from "../kit/damage.ts";
import { faultNamed } from "../kit/faults/catalogue.ts";
import { absentId } from "../kit/faults/fault.ts";
import { lookAtPool } from "../kit/look-at-pool.ts";
import { PlainRepositories } from "../kit/plain-repositories.ts";
import { git, RealPool } from "../kit/real-pool.ts";
import { SlotPlace, workIn } from "../kit/slot-place.ts";

let pool: RealPool;

afterEach(() => {
  pool.destroy();
});

function loseObject(id: string): void {
  rmSync(new SlotPlace(pool, 1).objectPath(id));
}

/** Stages a file whose blob is then gone. */
function loseStaged(workTree: string, content: string): void {
  writeFileSync(join(workTree, "staged.txt"), content);
  git(workTree, "add", "staged.txt");
  loseObject(git(workTree, "rev-parse", ":staged.txt"));
}

function loseBlobOfBranch(slot: SlotPlace): void {
  workIn(slot);
  loseObject(slot.run("rev-parse", "HEAD:own.txt"));
}

const codesOf = (check: DeepCheck | undefined): readonly string[] =>
  check?.kind === "checked" ? check.findings.map(({ code }) => code) : ["unchecked"];

/** Who lacks something, as a deep check of both worktrees has it. */
async function findLosses(): Promise<Record<string, readonly string[]>> {
  const admins = [1, 2].map((number) => new SlotPlace(pool, number).gitDirectory);
  const options = { depth: "full", timeoutSeconds: 60 } as const;
  const { shared, main, byWorktree } = await checkSharedDeep(pool.mainRepository, admins, options);
  const [one, two] = admins.map((admin) => byWorktree.get(admin));
  return Object.fromEntries(
    Object.entries({ shared, main, one, two })
      .map(([name, check]) => [name, codesOf(check)] as const)
      .filter(([, codes]) => codes.length > 0),
  );
}

const missing = ["object_missing"];

describe.each(["a pool", "a repository with a work tree"])("an object that is missing in %s", (kind) => {
  beforeEach(() => {
    pool = kind === "a pool" ? new RealPool(2, "worktree") : new PlainRepositories(2, "worktree");
  });

  test("is the loss of the worktree whose index names it", async () => {
    loseStaged(pool.slotPath(1), "one");
    expect(await findLosses()).toEqual({ one: missing });
  });

  test("is the loss of each worktree whose own index names one", async () => {
    for (const number of [1, 2]) loseStaged(pool.slotPath(number), `of ${number}`);
    expect(await findLosses()).toEqual({ one: missing, two: missing });
  });

  test("is the loss of the worktree whose branch leads to it", async () => {
    loseBlobOfBranch(new SlotPlace(pool, 1));
    expect(await findLosses()).toEqual({ one: missing });
  });

  test("is everybody's if the branches of all worktrees lead to it", async () => {
    const slot = new SlotPlace(pool, 1);
    slot.unpackAll();
    loseObject(slot.run("rev-parse", "HEAD:file.txt"));
    expect(await findLosses()).toEqual({ shared: missing, main: missing, one: missing, two: missing });
  });

  test("is everybody's if a branch leads to it that is checked out nowhere, whatever else a worktree lacks", async () => {
    const slot = new SlotPlace(pool, 1);
    slot.run("checkout", "-q", "-b", "topic");
    loseBlobOfBranch(slot);
    slot.run("symbolic-ref", "HEAD", slot.branch);
    slot.run("reset", "-q");
    loseStaged(pool.slotPath(2), "two");
    expect(await findLosses()).toEqual({ shared: missing, main: missing, two: missing });
  });
});

describe("of a repository with a work tree", () => {
  beforeEach(() => {
    pool = new PlainRepositories(2, "worktree");
  });

  test("a loss that its index alone names is no fault of the linked worktrees", async () => {
    loseStaged(join(pool.directory, "main"), "main");
    expect(await findLosses()).toEqual({ main: missing });
  });

  test("a ref of its bisection that leads to nothing is no fault of the linked worktrees", async () => {
    overwrite(join(pool.mainRepository, "refs", "bisect", "bad"), `${absentId}\n`);
    expect(await findLosses()).toEqual({ main: ["ref_target_missing"] });
    const { printed } = await runWithoutConfig(pool, "check", join(pool.directory, "main"), "--json");
    const { corrupted_slots: reported } = JSON.parse(printed) as { corrupted_slots: { repo_name: string }[] };
    expect(reported.map(({ repo_name: of }) => of)).toEqual(["checkouts"]);
  });
});

test.each(["current branch empty", "current branch points to nothing", "detached HEAD points to nothing"])(
  "a deep check names one slot alone after: %s",
  async (name) => {
    pool = new RealPool(3, "worktree");
    const slot = new SlotPlace(pool, 2);
    workIn(slot);
    faultNamed(name).inject(slot);
    const { anomalies, pools } = await lookAtPool(pool, { deep: true });
    expect(anomalies.corruptedSlots.map(({ slotId }) => slotId)).toEqual([pool.slotId(2)]);
    expect(pools.flatMap(({ problems }) => problems).filter(({ code }) => code.startsWith("main"))).toEqual(
      [],
    );
  },
);

test("a recovery plans no new main repository and sees no storm if one slot's index names a missing object", async () => {
  pool = new RealPool(3, "worktree");
  loseStaged(pool.slotPath(1), "one");
  const { workspacesDir, stateDir } = pool;
  const manager = new PoolManager({ config: { ...createDefaultConfig(pool.root), workspacesDir, stateDir } });
  const { actions } = await manager.autoRecover({ deep: true, dryRun: true });
  expect(new Set(actions.map(({ slotId }) => slotId))).toEqual(new Set([pool.slotId(1)]));
  expect(JSON.stringify(actions)).not.toMatch(/storm|approval|pool-rebuild/);
});
