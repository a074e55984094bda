import { expect, test } from "vitest";
import type { PoolSnapshot } from "../../../src/anomalies/snapshot.ts";
import { PoolMutex } from "../../../src/recovery/execute/pool-mutex.ts";

function turnsOf(layout: "clone" | "worktree"): PoolMutex {
  return new PoolMutex({ pools: [{ repoName: "demo", layout } as PoolSnapshot] });
}

async function runTwo(turns: PoolMutex, first: () => Promise<void>): Promise<string[]> {
  const events: string[] = [];
  const one = turns.take("demo", async () => {
    events.push("one begins");
    await Promise.resolve();
    events.push("one ends");
    await first();
  });
  const two = turns.take("demo", () => {
    events.push("two begins");
    return Promise.resolve();
  });
  await Promise.allSettled([one, two]);
  return events;
}

test("slots that share a repository are repaired one after the other", async () => {
  const events = await runTwo(turnsOf("worktree"), () => Promise.resolve());
  expect(events).toEqual(["one begins", "one ends", "two begins"]);
});

test("a repair that breaks off lets the next slot of the pool have its turn", async () => {
  const events = await runTwo(turnsOf("worktree"), () => Promise.reject(new Error("broken off")));
  expect(events).toEqual(["one begins", "one ends", "two begins"]);
});

test("slots with a repository of their own do not wait for each other", async () => {
  const events = await runTwo(turnsOf("clone"), () => Promise.resolve());
  expect(events).toEqual(["one begins", "two begins", "one ends"]);
});
