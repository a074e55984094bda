import { expect, test } from "vitest";
import { aServer } from "../a-server.ts";
import { basic, usersConfig } from "../credentials.ts";
import { fakeHttpDependencies, now } from "../fake-http-dependencies.ts";
import type { HttpDependencies } from "../../../src/http/http-dependencies.ts";

const asAnn = basic("ann", "secret");

/** The page as ann sees it, and what she gets when she sends the form in it. */
async function thePage(given: Partial<HttpDependencies> = {}) {
  const { dependencies, callsOf } = fakeHttpDependencies(given);
  const { get } = await aServer(dependencies, { webConfig: usersConfig });
  const shown = await get("/", { headers: asAnn });
  const cookie = shown.headers.get("set-cookie")?.split(";")[0] ?? "";
  const page = await shown.text();
  const formToken = /name="form_token" value="([^"]+)"/.exec(page)?.[1] ?? "";
  const send = async (fields: Record<string, string>, headers: Record<string, string> = {}) => {
    const response = await get("/", {
      method: "POST",
      headers: { ...asAnn, cookie, "content-type": "application/x-www-form-urlencoded", ...headers },
      body: new URLSearchParams({ form_token: formToken, ...fields }).toString(),
    });
    return { status: response.status, text: await response.text() };
  };
  return { page, send, callsOf };
}

const form = { action: "pause", pause: "disk", reason: "a new disk", covers: "", seconds: "" };

test("a visitor who may change something sees the form, and one who may only look does not", async () => {
  const { page } = await thePage();
  expect(page).toContain('<input name="pause" required');
  expect(page).toContain('<option value="pool:demo">');
  const { dependencies } = fakeHttpDependencies();
  const { get } = await aServer(dependencies);
  expect(await (await get("/")).text()).not.toContain("Pause recovery");
});

test.each([
  ["everything until resumed", {}, {}],
  ["a pool for an hour", { covers: "pool:demo", seconds: "3600" }, { pool: "demo", seconds: 3600 }],
  [
    "a slot for a day",
    { covers: "slot:workspace-demo-slot1", seconds: "86400" },
    { slotId: "workspace-demo-slot1", seconds: 86_400 },
  ],
])(
  "the form pauses %s under the visitor's name",
  async (_name, fields, { seconds, ...wanted }: { seconds?: number; pool?: string; slotId?: string }) => {
    const { send, callsOf } = await thePage();
    const { status, text } = await send({ ...form, ...fields });
    expect([status, text.includes("Pause disk has begun.")]).toEqual([200, true]);
    const expiresAt = seconds === undefined ? undefined : new Date(now.getTime() + seconds * 1000);
    expect(callsOf("pause")).toEqual([
      { name: "disk", reason: "a new disk", operator: "ann", expiresAt, ...wanted },
    ]);
  },
);

test("the button of a pause ends it under the visitor's name", async () => {
  const pause = { name: "disk", reason: "a new disk", operator: "bob", expiresAt: undefined };
  const { page, send, callsOf } = await thePage({
    pauses: () => [{ ...pause, pool: undefined, slotId: undefined }],
  });
  expect(page).toContain('<input type="hidden" name="pause" value="disk" />');
  expect((await send({ action: "resume", pause: "disk" })).text).toContain("Pause disk has ended.");
  expect(callsOf("resume")).toEqual([{ name: "disk", operator: "ann" }]);
});

test.each([
  ["another page's token", { form_token: "A".repeat(32) }, {}],
  ["no token", { form_token: "" }, {}],
  ["another origin", {}, { origin: "https://evil.example" }],
  ["no cookie", {}, { cookie: "" }],
  ["no credentials", {}, { authorization: "" }],
])("with %s nothing is paused or resumed", async (_name, fields, headers) => {
  const { send, callsOf } = await thePage();
  for (const action of ["pause", "resume"]) {
    const { status } = await send({ ...form, action, ...fields }, headers);
    expect([401, 403]).toContain(status);
  }
  expect([callsOf("pause"), callsOf("resume")]).toEqual([[], []]);
});

test.each([
  ["a reason of spaces alone", { reason: "   " }, "reason:"],
  ["a name with control characters", { pause: "a\u001b[31m" }, "name: no control characters"],
  ["a slot that cannot be", { covers: "slot:../../etc" }, "slot_id:"],
])("%s is said on the page, and nothing is paused", async (_name, fields, said) => {
  const { send, callsOf } = await thePage();
  const { status, text } = await send({ ...form, ...fields });
  expect([status, text.includes(`Not paused: ${said}`)]).toEqual([200, true]);
  expect(callsOf("pause")).toEqual([]);
});

test.each([
  ["duplicate", "a pause is named disk already"],
  ["full", "end a pause before you begin another"],
  ["not_found", "there is no such pool or slot any more"],
] as const)("a pause that is refused as %s is said on the page", async (kind, said) => {
  const { send } = await thePage({ pause: () => ({ kind }) });
  expect((await send(form)).text).toContain(`Not paused: ${said}.`);
});

test("the page tells each maintenance window as what it is, to those who may only look too", async () => {
  const window = { durationSeconds: 3600, pool: undefined };
  const { dependencies } = fakeHttpDependencies({
    maintenanceWindows: () => [
      { ...window, schedule: "0 12 * * *", endsAt: new Date(now.getTime() + 1_800_000) },
      { ...window, schedule: "0 3 * * 0", pool: "demo", endsAt: undefined },
    ],
  });
  const { get } = await aServer(dependencies);
  const page = (await (await get("/")).text()).replace(/<[^>]+>/g, "").replace(/\s+/g, " ");
  expect(page).toContain("Maintenance window everything 0 12 * * * for 1 h: open, ends in 30 min;");
  expect(page).toContain("Maintenance window demo 0 3 * * 0 for 1 h: closed now");
});
