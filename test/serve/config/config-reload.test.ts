import { expect, test } from "vitest";
import { sidecarMetrics } from "../../../src/metrics/catalogue.ts";
import { ConfigReload } from "../../../src/serve/config/config-reload.ts";
import type { ReloadOutcome } from "../../../src/http/http-dependencies.ts";
import { RecordingLogger } from "../../kit/recording-logger.ts";

const now = new Date("2026-05-04T12:00:00Z");

function aReload(results: (() => Promise<ReloadOutcome>)[]) {
  const set: [string, number][] = [];
  const logger = new RecordingLogger();
  let startCount = 0;
  const reload = new ConfigReload({
    live: { reload: () => results.shift()?.() ?? Promise.reject(new Error("no more")) },
    schedules: { start: () => (startCount += 1) },
    metrics: { set: ({ name }, value) => set.push([name, value]) },
    clock: { now: () => now, sleep: () => Promise.resolve() },
    logger,
  });
  return { reload, set, logger, startCount: () => startCount };
}

const reloaded: ReloadOutcome = { kind: "reloaded", restartNeeded: [] };

test("a new configuration starts the schedules again and is measured", async () => {
  const { reload, set, startCount } = aReload([() => Promise.resolve(reloaded)]);
  expect(await reload.reload("ann")).toBe(reloaded);
  expect(startCount()).toBe(1);
  expect(set).toEqual([
    [sidecarMetrics.configReloadSuccessful.name, 1],
    [sidecarMetrics.configReloadedAt.name, now.getTime() / 1000],
  ]);
});

test("a configuration with problems leaves the schedules as they are", async () => {
  const invalid: ReloadOutcome = { kind: "invalid", problems: ["a: b"] };
  const { reload, set, startCount, logger } = aReload([() => Promise.resolve(invalid)]);
  expect(await reload.reload("ann")).toBe(invalid);
  expect(startCount()).toBe(0);
  expect(set).toEqual([[sidecarMetrics.configReloadSuccessful.name, 0]]);
  expect(logger.lines.map(({ event }) => event)).toEqual(["config.reload_failed"]);
});

test("reloads that come at once run one after the other, also after one that broke", async () => {
  const order: string[] = [];
  let finishFirst: (error: Error) => void = () => undefined;
  const first = () =>
    new Promise<ReloadOutcome>((_resolve, reject) => {
      order.push("first");
      finishFirst = reject;
    });
  const second = () => {
    order.push("second");
    return Promise.resolve(reloaded);
  };
  const { reload } = aReload([first, second]);
  const results = [reload.reload("ann"), reload.reload("bob")];
  await Promise.resolve();
  expect(order).toEqual(["first"]);
  finishFirst(new Error("unreadable"));
  await expect(results[0]).rejects.toThrow("unreadable");
  expect(await results[1]).toBe(reloaded);
  expect(order).toEqual(["first", "second"]);
  await reload.idle();
});
