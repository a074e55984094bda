import fc from "fast-check";
import { expect, test } from "vitest";
import type { RegisteredHost } from "../../src/fleet/host-registry.ts";
import { queueNameOf } from "../../src/fleet/queue-name.ts";
import { HostDirectory } from "../../src/fleet/route-alert.ts";

function aHost(given: Partial<RegisteredHost> & { sidecar: string }): RegisteredHost {
  const queue = queueNameOf(given.sidecar);
  return {
    sidecarId: "",
    instance: undefined,
    pools: [],
    orphanLockSlots: [],
    version: "1.2.3",
    queue,
    ...given,
  };
}

function routeOf(hosts: readonly RegisteredHost[], labels: Record<string, string>): string {
  const route = new HostDirectory(hosts).route(new Map(Object.entries(labels)));
  if (route.kind === "host") return route.host.sidecar;
  return route.kind === "ambiguous" ? `${route.kind}: ${route.sidecars.join(", ")}` : route.kind;
}

const one = aHost({ sidecar: "one", instance: "one:1", pools: ["demo", "alone"] });
const two = aHost({ sidecar: "two", instance: "two:1", pools: ["demo"] });
const three = aHost({
  sidecar: "three",
  pools: ["demo", "third"],
  orphanLockSlots: ["workspace-gone-slot9"],
});

test("a registered instance decides, whatever the pool", () => {
  expect(routeOf([one, two], { instance: "two:1", pool: "demo" })).toBe("two");
  expect(routeOf([one, two], { instance: "two:1", pool: "alone" })).toBe("two");
});

test("without an instance the only host of the pool is meant, by the slot's name too", () => {
  expect(routeOf([one, two], { pool: "alone" })).toBe("one");
  expect(routeOf([one, two], { slot: "workspace-alone-slot3" })).toBe("one");
});

test("a pool that two hosts have is ambiguous without an instance, and nothing is guessed", () => {
  expect(routeOf([one, two], { pool: "demo", slot: "workspace-demo-slot1" })).toBe("ambiguous: one, two");
});

test("an instance that nobody registered goes to no host that registered another", () => {
  expect(routeOf([one, two], { instance: "new:1", pool: "alone" })).toBe("not_ours");
  expect(routeOf([one, three], { instance: "new:1", pool: "demo" })).toBe("three");
});

test("two hosts of one instance are ambiguous, and named as shared", () => {
  const twin = aHost({ sidecar: "twin", instance: "one:1", pools: ["else"] });
  expect(routeOf([one, twin], { instance: "one:1", pool: "else" })).toBe("ambiguous: one, twin");
  expect(new HostDirectory([one, twin]).sharedInstances()).toEqual(["one:1"]);
  expect(new HostDirectory([one, two]).sharedPools()).toEqual(["demo"]);
});

test("a lock candidate of no pool is found at the host that told of it", () => {
  expect(routeOf([one, three], { slot: "workspace-gone-slot9" })).toBe("three");
});

test("an alert that names nothing goes nowhere", () => {
  expect(routeOf([one], {})).toBe("not_ours");
  expect(routeOf([one], { pool: "__proto__", slot: "constructor" })).toBe("not_ours");
});

test("no two names have one queue, and every queue's name is one that pg-boss takes", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", minLength: 1 }), fc.string({ minLength: 1 }), (name, other) => {
      expect(queueNameOf(name)).toMatch(/^host-[A-Za-z0-9_-]+$/);
      if (name !== other) expect(queueNameOf(name)).not.toBe(queueNameOf(other));
    }),
  );
  expect(queueNameOf("build_1:10469")).toBe("host-build_5f1_3a10469");
});
