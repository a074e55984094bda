import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  alertNameOf,
  notificationLimits,
  parseNotification,
} from "../../../src/remediation/alerts/notification.ts";
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

const isValid = (payload: unknown) => parseNotification(payload).kind === "valid";
const { alertCount, alertNameLength, fingerprintLength } = notificationLimits;
const withLabels = (labels: unknown) => aPayload([anAlert({}, { labels })]);

test.each([
  ["alerts", (count: number) => aPayload(Array.from({ length: count }, () => anAlert())), alertCount],
  [
    "characters of a fingerprint",
    (length: number) => aPayload([anAlert({}, { fingerprint: "f".repeat(length) })]),
    fingerprintLength,
  ],
] as const)("as many %s as the limit are read, one more is refused", (_what, payloadOf, limit) => {
  expect(isValid(payloadOf(limit))).toBe(true);
  expect(isValid(payloadOf(limit + 1))).toBe(false);
});

test.each([
  ["two lines", { description: "a\nb\t\u0000" }],
  ["a name that only Prometheus 3 permits", { "a\u0007 b": "x" }],
  ["a long text", { [`l${"n".repeat(5_000)}`]: "v".repeat(50_000) }],
  ["many", Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`l${index}`, "x"]))],
])("labels of another alert in the group are any text: %s", (_what, labels) => {
  const parsing = parseNotification(aPayload([anAlert({}, { labels }), anAlert()]));
  if (parsing.kind === "invalid") throw new Error(parsing.detail);
  const [odd, own] = parsing.notification.alerts;
  expect([Object.fromEntries(odd?.labels ?? []), own?.labels.get("pool")]).toEqual([labels, "demo"]);
});

test.each([
  ["RepoPoolSlotCorrupted", "RepoPoolSlotCorrupted"],
  ["n".repeat(alertNameLength), "n".repeat(alertNameLength)],
  ["n".repeat(alertNameLength + 1), undefined],
  ["two\nlines", undefined],
  ["", undefined],
])("an alert is called by its name if that is short and of one line", (alertname, expected) => {
  expect(alertNameOf(new Map([["alertname", alertname]]))).toBe(expected);
});

test.each([
  ["labels that are a list", withLabels(["x"])],
  ["labels that are a text", withLabels("x")],
  ["another status", aPayload([anAlert({}, { status: "pending" })])],
  ["group labels that are none", aPayload([], { groupLabels: { a: 1 } })],
  ["a count that is a text", aPayload([], { truncatedAlerts: "1" })],
  ["a count with a fraction", aPayload([], { truncatedAlerts: 1.5 })],
  ["a time with more around it", aPayload([anAlert({}, { startsAt: "x2026-05-04T11:00:00Z" })])],
  ["a time with more behind it", aPayload([anAlert({}, { startsAt: "2026-05-04T11:00:00Z2" })])],
  ["a time that no calendar has", aPayload([anAlert({}, { startsAt: "2026-13-04T11:00:00Z" })])],
  ["a time that is a number", aPayload([anAlert({}, { startsAt: 1777892400000 })])],
])("%s is refused", (_what, payload) => {
  expect(isValid(payload)).toBe(false);
});

test("group labels and what the sender left out are read, and may be absent", () => {
  const read = (more: Record<string, unknown>) => {
    const parsing = parseNotification(aPayload([anAlert()], more));
    if (parsing.kind === "invalid") throw new Error(parsing.detail);
    const { groupLabels, truncatedAlerts } = parsing.notification;
    return [[...groupLabels], truncatedAlerts];
  };
  expect(read({ groupLabels: { pool: "demo" }, truncatedAlerts: 7 })).toEqual([[["pool", "demo"]], 7]);
  expect(read({ groupLabels: undefined, truncatedAlerts: undefined })).toEqual([[], 0]);
});
