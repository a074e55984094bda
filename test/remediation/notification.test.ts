import { expect, test } from "vitest";
import { parseNotification } from "../../src/remediation/notification.ts";
import { anAlert, aPayload } from "./fake-remediation.ts";

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
  ["a fingerprint with a path", aPayload([anAlert({}, { fingerprint: "../x" })]), "alerts[0].fingerprint"],
  ["a label with a line break", aPayload([anAlert({ slot: "a\nb" })]), "alerts[0].labels"],
  ["a label that is no string", aPayload([anAlert({}, { labels: { slot: 1 } })]), "alerts[0].labels"],
  ["a time that is none", aPayload([anAlert({}, { startsAt: "yesterday" })]), "alerts[0].startsAt"],
  ["a negative count", aPayload([], { truncatedAlerts: -1 }), "truncatedAlerts"],
])("%s is invalid, and the detail names where", (_name, payload, where) => {
  const parsing = parseNotification(payload);
  expect(parsing.kind === "invalid" && parsing.detail.startsWith(where)).toBe(true);
});
