import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseNotification } from "../../../src/remediation/alerts/notification.ts";
import { anAlert, aPayload } from "../fake-remediation.ts";

test("fields of newer versions are ignored, and a label named __proto__ is a label", () => {
  const payload: unknown = JSON.parse(
    JSON.stringify(aPayload([anAlert()], { receiver: "x", future: [] })).replace('"pool"', '"__proto__"'),
  );
  const parsing = parseNotification(payload);
  if (parsing.kind === "invalid") throw new Error(parsing.detail);
  expect(parsing.notification.alerts[0]?.labels.get("__proto__")).toBe("demo");
});

test.each([
  ["no object", null, "payload"],
  ["another version", aPayload([], { version: "5" }), "version"],
  ["alerts that are no array", aPayload([], { alerts: {} }), "alerts"],
  ["an empty fingerprint", aPayload([anAlert({}, { fingerprint: "" })]), "alerts[0].fingerprint"],
  ["a fingerprint that is no text", aPayload([anAlert({}, { fingerprint: 7 })]), "alerts[0].fingerprint"],
  ["a long fingerprint", aPayload([anAlert({}, { fingerprint: "a".repeat(257) })]), "alerts[0].fingerprint"],
  ["a fingerprint of two lines", aPayload([anAlert({}, { fingerprint: "a\nb" })]), "alerts[0].fingerprint"],
  ["a label with a line break", aPayload([anAlert({ slot: "a\nb" })]), "alerts[0].labels"],
  ["a label that is no string", aPayload([anAlert({}, { labels: { slot: 1 } })]), "alerts[0].labels"],
  ["a time that is none", aPayload([anAlert({}, { startsAt: "yesterday" })]), "alerts[0].startsAt"],
  ["a negative count", aPayload([], { truncatedAlerts: -1 }), "truncatedAlerts"],
])("%s is invalid, and the detail names where", (_name, payload, where) => {
  const parsing = parseNotification(payload);
  expect(parsing.kind === "invalid" && parsing.detail.startsWith(where)).toBe(true);
});

test.each(["c1f0a7", "GRAFANA-42", "0a1b:node/7", "../x", "überwachung"])(
  "the fingerprint %s is the sender's own affair",
  (fingerprint) => {
    const parsing = parseNotification(aPayload([anAlert({}, { fingerprint })]));
    expect(parsing.kind === "valid" && parsing.notification.alerts[0]?.fingerprint).toBe(fingerprint);
  },
);

test("Grafana's own alerting says the same in more fields", () => {
  const recorded: unknown = JSON.parse(
    readFileSync(new URL("grafana-notification.json", import.meta.url), "utf8"),
  );
  const parsing = parseNotification(recorded);
  if (parsing.kind === "invalid") throw new Error(parsing.detail);
  expect(parsing.notification.alerts.map(({ status, fingerprint }) => [status, fingerprint])).toEqual([
    ["firing", "c6eadffa33fcdf37"],
    ["resolved", "c6eadffa33fcdf38"],
  ]);
  expect(parsing.notification.alerts[0]?.labels.get("slot")).toBe("workspace-demo-slot1");
});
