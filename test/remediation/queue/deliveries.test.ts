import { expect, test } from "vitest";
import { Deliveries, mostDeliveries } from "../../../src/remediation/queue/deliveries.ts";
import { remediationModes } from "../../../src/remediation/alerts/policy.ts";
import { deliveryKey } from "../../../src/remediation/queue/recovery-queue.ts";
import { EndedRecoveries } from "../../../src/remediation/queue/ended-recoveries.ts";

const startsAt = new Date("2026-05-04T11:00:00Z");
const anAlert = (fingerprint: string) => ({ name: "A", fingerprint, startsAt });

test("one firing of an alert is known until it is forgotten; another firing is not", () => {
  const deliveries = new Deliveries();
  deliveries.add(anAlert("aa"), "live");
  expect(deliveries.has(anAlert("aa"), "live")).toBe(true);
  expect(deliveries.has({ ...anAlert("aa"), startsAt: new Date("2026-05-04T11:30:00Z") }, "live")).toBe(
    false,
  );
  deliveries.forget(undefined);
  deliveries.forget(anAlert("aa"));
  expect(deliveries.has(anAlert("aa"), "live")).toBe(false);
});

test("a delivery is known in the mode that it was taken in and in stricter ones, also from a file", () => {
  const taken = new Deliveries();
  taken.add(anAlert("aa"), "approve");
  const restored = new Deliveries();
  restored.restore(taken.keys());
  for (const deliveries of [taken, restored]) {
    const known = remediationModes.filter((mode) => deliveries.has(anAlert("aa"), mode));
    expect(known).toEqual(["off", "dry_run", "approve"]);
  }
});

test("a delivery of a file without modes is taken once more", () => {
  const deliveries = new Deliveries();
  deliveries.restore([deliveryKey(anAlert("aa"))]);
  expect(deliveries.has(anAlert("aa"), "dry_run")).toBe(false);
  deliveries.add(anAlert("aa"), "live");
  expect(deliveries.has(anAlert("aa"), "live")).toBe(true);
});

test("the oldest deliveries make room for new ones, also for those of a file", () => {
  const deliveries = new Deliveries();
  deliveries.add(anAlert("first"), "live");
  deliveries.restore(Array.from({ length: mostDeliveries }, (_, index) => `key ${index}`));
  expect(deliveries.keys()).toHaveLength(mostDeliveries);
  expect(deliveries.has(anAlert("first"), "live")).toBe(false);
});

test("of each target the last end counts", () => {
  const ended = new EndedRecoveries();
  ended.note("slot:a", startsAt);
  ended.note("slot:a", new Date("2026-05-04T12:00:00Z"));
  expect(ended.lastEndOf("slot:a")).toEqual(new Date("2026-05-04T12:00:00Z"));
  expect(ended.lastEndOf("slot:b")).toBeUndefined();
});
