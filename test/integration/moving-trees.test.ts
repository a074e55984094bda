import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { hasUnseen } from "../../src/anomalies/pool-problem.ts";
import type { Snapshot } from "../../src/anomalies/snapshot.ts";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { checkSharedDeep } from "../../src/inspection/deep/deep-check.ts";
import { takeAllSteps } from "../../src/platform/steps.ts";
import { readSources } from "../../src/pool/sources/read-sources.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import type { CheckReport } from "../../src/views/check-report.ts";
import { AgentTrees } from "../kit/agent-trees.ts";
import { runWithoutConfig } from "../kit/commands-of-trees.ts";
import { git } from "../kit/real-pool.ts";
import { until } from "../kit/until.ts";

let trees: AgentTrees;

beforeEach(() => {
  trees = new AgentTrees(["one", "two", "three"]);
});

afterEach(() => {
  trees.destroy();
});

/** A snapshot, during which something happens at the n-th moment that the clock is asked, or is waited for. */
async function snapshotWhile(happen: () => void, moment: number): Promise<Snapshot> {
  let asked = 0;
  const tick = (): void => {
    if (asked++ === moment) happen();
  };
  const clock = {
    now: () => {
      tick();
      return new Date();
    },
    sleep: () => {
      tick();
      return Promise.resolve();
    },
  };
  const config = { ...createDefaultConfig(trees.root), stateDir: trees.stateDir, sources: [trees.source()] };
  return new PoolManager({ config, clock }).snapshot();
}

const corrupted = ({ anomalies }: Snapshot): string[] =>
  anomalies.corruptedSlots.map(({ slotId, reasons }) => `${slotId.slice(0, -7)} ${reasons.join()}`);

const moveRepository = (): void => {
  renameSync(trees.repository, join(trees.root, "src", "moved"));
};
const removeTree = (): void => {
  git(trees.repository, "worktree", "remove", "--force", trees.tree("one"));
};

/** Before the look, between its two looks if there is a fault, and after. */
const moments = [0, 1, 2, 3];

describe.each(moments)("at moment %i of a look", (moment) => {
  test("a repository that moves accuses no healthy work tree", async () => {
    expect(corrupted(await snapshotWhile(moveRepository, moment))).toEqual([]);
  });

  test("a repository that moves, with a broken work tree, is reported broken or as not seen", async () => {
    rmSync(join(trees.admin("two"), "HEAD"));
    const snapshot = await snapshotWhile(moveRepository, moment);
    expect([[], ["agents-api-two head_missing"]]).toContainEqual(corrupted(snapshot));
    expect(corrupted(snapshot).length > 0).not.toBe(hasUnseen(snapshot));
  });

  test("a work tree that is removed is not accused, and hides no fault of another", async () => {
    rmSync(join(trees.admin("two"), "HEAD"));
    expect(corrupted(await snapshotWhile(removeTree, moment))).toEqual(["agents-api-two head_missing"]);
  });
});

/** The sources, read with something happening before the n-th step. Undefined if there are fewer. */
function readWhile(happen: () => void, step: number) {
  const sources = [
    trees.source(),
    trees.source({ name: "ci", kind: "checkouts", repositories: [], paths: [`${trees.root}/src/*`] }),
  ];
  const { root, stateDir } = trees;
  const reading = readSources({ workspacesDir: join(root, "none"), stateDir, sources }, []);
  for (let taken = 0; taken < step; taken++) if (reading.next().done === true) return undefined;
  happen();
  return takeAllSteps(reading);
}

test.each([
  ["a repository that moves", moveRepository],
  ["a work tree that is removed", removeTree],
])("%s at any step of reading sources ends in a reading, of trees that are or were there", (_, happen) => {
  let steps = 0;
  for (; ; steps++) {
    const readings = readWhile(happen, steps);
    if (readings === undefined) break;
    const paths = readings.flatMap(({ pools }) =>
      pools.flatMap(({ slots }) => slots.map(({ path }) => path)),
    );
    const before = ["one", "two", "three"].map((name) => trees.tree(name));
    const after = before.map((path) => path.replace("/src/api/", "/src/moved/"));
    const repositories = ["api", "copy", "moved"].map((name) => join(trees.root, "src", name));
    expect([...before, ...after, ...repositories]).toEqual(expect.arrayContaining(paths));
    trees.destroy();
    trees = new AgentTrees(["one", "two", "three"]);
  }
  expect(steps).toBeGreaterThan(5);
});

test("a deep check of a work tree that was removed meanwhile accuses neither it nor the repository", async () => {
  const admins = ["one", "two", "three"].map((name) => trees.admin(name));
  removeTree();
  const limits = { depth: "full", timeoutSeconds: 60 } as const;
  const { shared, byWorktree } = await checkSharedDeep(join(trees.repository, ".git"), admins, limits);
  expect(shared).toEqual({ kind: "checked", findings: [] });
  expect(admins.map((admin) => byWorktree.get(admin)?.kind)).toEqual(["unchecked", "checked", "checked"]);
});

/** Work trees come and go beside those that stay, as agents make them. */
const churn = `
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
i=0
while [ ! -e "$1/stop" ]; do
  i=$((i + 1))
  git worktree add -q --detach "$2/churn-$i" && git worktree remove "$2/churn-$i"
  echo $i > "$1/rounds"
done
`;

test("check, discover and a dry run of reclaim answer while agents make and remove work trees", async () => {
  const args = ["-c", churn, "churn", trees.root, join(trees.repository, ".claude", "worktrees")];
  const agents = spawn("sh", args, { cwd: trees.repository, stdio: "ignore" });
  const ended = once(agents, "exit");
  try {
    await until("the first round", () => existsSync(join(trees.root, "rounds")) || undefined);
    for (const words of [["check"], ["discover"], ["reclaim", "--dry-run"]]) {
      const { printed, warned } = await runWithoutConfig(trees, ...words, join(trees.root, "src"), "--json");
      expect(warned).toBe("");
      const { corrupted_slots: corruptedSlots = [], errors } = JSON.parse(printed) as Partial<CheckReport>;
      expect({ words, corruptedSlots, errors }).toEqual({ words, corruptedSlots: [], errors: [] });
    }
  } finally {
    writeFileSync(join(trees.root, "stop"), "");
    await ended;
  }
});
