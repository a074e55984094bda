import { expect, test } from "vitest";
import { Deliveries, mostDeliveries } from "../../src/remediation/deliveries.ts";
import { EndedRecoveries } from "../../src/remediation/ended-recoveries.ts";

const startsAt = new Date("2026-05-04T11:00:00Z");
const anAlert = (fingerprint: string) => ({ name: "A", fingerprint, startsAt });

test("one firing of an alert is known until it is forgotten; another firing is not", () => {
  const deliveries = new Deliveries();
  deliveries.add(anAlert("aa"));
  expect(deliveries.has(anAlert("aa"))).toBe(true);
  expect(deliveries.has({ ...anAlert("aa"), startsAt: new Date("2026-05-04T11:30:00Z") })).toBe(false);
  deliveries.forget(undefined);
  deliveries.forget(anAlert("aa"));
  expect(deliveries.has(anAlert("aa"))).toBe(false);
});

test("the oldest deliveries make room for new ones, also for those of a file", () => {
  const deliveries = new Deliveries();
  deliveries.add(anAlert("first"));
  deliveries.restore(Array.from({ length: mostDeliveries }, (_, index) => `key ${index}`));
  expect(deliveries.keys()).toHaveLength(mostDeliveries);
  expect(deliveries.has(anAlert("first"))).toBe(false);
});

test("of each target the last end counts", () => {
  const ended = new EndedRecoveries();
  ended.note("slot:a", startsAt);
  ended.note("slot:a", new Date("2026-05-04T12:00:00Z"));
  expect(ended.lastEndOf("slot:a")).toEqual(new Date("2026-05-04T12:00:00Z"));
  expect(ended.lastEndOf("slot:b")).toBeUndefined();
});
