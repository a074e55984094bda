import { readdirSync } from "node:fs";
import { hashSync } from "bcryptjs";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { gatewayRoutes } from "../../src/http/gateway/gateway-routes.ts";
import { startHttpServer, type HttpServer } from "../../src/http/http-server.ts";
import { routes } from "../../src/http/routes/routes.ts";
import { emptyWebConfig } from "../../src/http/auth/web-config.ts";
import { defaultSettings } from "../http/a-server.ts";
import {
  aRecovery,
  aSlotSnapshot,
  aSnapshotOf,
  fakeHttpDependencies,
  now,
} from "../http/fake-http-dependencies.ts";
import { fakeGateway } from "../http/gateway/fake-gateway.ts";
import { sampleOf } from "../kit/sample.ts";
import { findViolations, startChromium } from "./a-browser.ts";

const markup = '<script>window.hacked=1</script><img src=x onerror="window.hacked=1">';
const hostile = `${markup}\u202egnp\u0007`;
const hoursBefore = (hours: number) => new Date(now.getTime() - hours * 3_600_000);
const broken = "workspace-demo-slot2";

/** A pool with one slot of each status; `text` stands wherever a slot chooses what is written. */
function inventory(text: string) {
  const slots = [
    aSlotSnapshot(),
    aSlotSnapshot({
      slotId: broken,
      branch: text,
      unsavedWork: ["uncommitted", "unpushed"],
      unsavedWorkSeenAt: hoursBefore(1),
      reasons: ["head_invalid"],
      faultySince: hoursBefore(2),
      evidence: [
        {
          code: "head_invalid",
          path: `.git/HEAD${text}`,
          expected: "a ref or a commit",
          found: text,
          depth: "probe",
        },
      ],
    }),
    aSlotSnapshot({
      slotId: "workspace-demo-slot3",
      state: "allocated",
      branch: "agent/fix-login",
      allocatedAt: hoursBefore(30),
      activity: "idle",
      lastActivityAt: hoursBefore(26),
      lock: { kind: "held", holders: [{ pid: 4211, command: text }] },
    }),
    aSlotSnapshot({
      slotId: "workspace-demo-slot4",
      state: "error",
      isolatedAt: hoursBefore(5),
      isolationReason: "the remote did not answer",
    }),
    aSlotSnapshot({
      slotId: "workspace-demo-slot5",
      state: "allocated",
      allocatedAt: hoursBefore(1),
      activity: "alive",
    }),
  ];

  return aSnapshotOf(slots, {
    anomalies: {
      corruptedSlots: [
        {
          kind: "corrupted_slot",
          slotId: broken,
          repoName: "demo",
          reasons: ["head_invalid"],
          detail: `HEAD holds ${text}`,
        },
      ],
      longAllocatedSlots: [
        {
          kind: "long_allocated_slot",
          slotId: "workspace-demo-slot3",
          repoName: "demo",
          reason: "allocation_too_old",
          allocatedHours: 30,
          activity: "idle",
          lastActivityAt: hoursBefore(26),
        },
      ],
      orphanedLocks: [],
    },
  });
}

let shown = inventory(hostile);

const step = {
  slotId: broken,
  repoName: "demo",
  action: "restore_links",
  outcome: "planned",
  reason: "head_invalid",
  detail: `HEAD from the reflog ${hostile}`,
  durationSeconds: 0,
} as const;

const fake = fakeHttpDependencies({
  snapshot: () => shown,
  salvages: () => [
    {
      kind: "salvage",
      id: "20260504-0001",
      slotId: broken,
      repoName: "demo",
      createdAt: hoursBefore(3),
      reason: "restore_links",
      bytes: 5_242_880,
      path: "/pools/salvage/20260504-0001",
      complete: true,
      restoreCommand: "repo-pool-sidecar salvage restore 20260504-0001 --workspaces-dir /pools --to DIR",
    },
  ],
});
const dependencies = {
  ...fake.dependencies,
  recoveries: {
    ...fake.dependencies.recoveries,
    list: () => [
      aRecovery({ slotId: "workspace-demo-slot3" }),
      aRecovery({
        recoveryId: "rec-0",
        status: "finished",
        expiresAt: undefined,
        actions: [{ ...step, outcome: "done" }],
      }),
    ],
    submit: async (submission: Parameters<typeof fake.dependencies.recoveries.submit>[0]) => {
      const outcome = await fake.dependencies.recoveries.submit(submission);
      const plan = aRecovery({
        slotId: submission.slotId,
        dryRun: true,
        expiresAt: undefined,
        actions: [step],
      });
      return submission.options.dryRun === true ? ({ kind: "planned", recovery: plan } as const) : outcome;
    },
  },
};

let server: HttpServer;
let browser: Browser;
const login = { username: "ann", password: "secret" };

const webConfig = { ...emptyWebConfig, basicAuthUsers: new Map([["ann", hashSync("secret", 4)]]) };

beforeAll(async () => {
  server = await startHttpServer({ ...defaultSettings, webConfig }, dependencies, routes);
  browser = await startChromium();
});

afterAll(async () => {
  await browser.close();
  await server.stop();
});

async function openPage(options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ httpCredentials: login, ...options });
  const page = await context.newPage();
  await page.goto(`http://${server.addresses[0]!}/`);
  return page;
}

const runbooks = readdirSync("docs/runbooks").map((file) => `runbooks/${file.replace(".md", "")}`);

test.each(sampleOf(["light", "dark"] as const, 1, "colours of pages"))(
  "axe-core finds no violation in any %s page",
  async (colorScheme) => {
    const page = await openPage({ colorScheme, bypassCSP: true });
    const pages = ["", "?q=none", `slots/${broken}`, "reasons", ...sampleOf(runbooks, 3, "runbooks")];
    for (const path of pages) {
      await page.goto(`http://${server.addresses[0]!}/${path}`);
      expect([path, await findViolations(page)]).toEqual([path, []]);
    }
    await page.context().close();
  },
);

test.each(["light", "dark"] as const)("nor in the %s page of a gateway", async (colorScheme) => {
  const gateway = await startHttpServer({ ...defaultSettings, webConfig }, fakeGateway(), gatewayRoutes);
  const page = await openPage({ colorScheme, bypassCSP: true });
  await page.goto(`http://${gateway.addresses[0]!}/`);
  await page.getByRole("button", { name: "Approve" }).waitFor();
  expect(await findViolations(page)).toEqual([]);
  await page.context().close();
  await gateway.stop();
});

test("a slot is found and its page opened without JavaScript", async () => {
  const page = await openPage({ javaScriptEnabled: false });
  await page.getByLabel("Search").fill("slot2");
  await page.getByRole("button", { name: "Show" }).click();
  expect(await page.locator("li.slot").count()).toBe(1);
  await page.locator("li.slot").getByRole("link", { name: broken }).click();
  await page.getByRole("heading", { name: "Now: corrupted" }).waitFor();
  await page.getByRole("link", { name: "head_invalid" }).first().click();
  await page.waitForURL("**/reasons#head_invalid");
  await page.context().close();
});

test("what a slot's strings carry is shown as text and never runs", async () => {
  const page = await openPage();
  expect(await page.evaluate("window.hacked")).toBeUndefined();
  expect(await page.locator("main script, main img").count()).toBe(0);
  const card = page.locator(`#${broken}`);
  expect(await card.textContent()).toContain(`${markup}[U+202E]gnp[U+0007]`);
  expect(await page.content()).not.toContain("\u202e");
  await page.context().close();
});

test("an operator reads the evidence, previews the plan and then recovers", async () => {
  const page = await openPage();
  const card = page.locator(`#${broken}`);
  await card.locator("summary").click();
  await card.getByText("expected a ref or a commit").waitFor();
  await card.getByRole("button", { name: `Preview recovery of ${broken}` }).click();
  await page.getByRole("heading", { name: `Plan for ${broken}` }).waitFor();
  expect(fake.callsOf("submit")).toHaveLength(1);
  await page.getByRole("button", { name: `Recover ${broken}`, exact: true }).click();
  await page.getByText("is queued").waitFor();
  expect(fake.callsOf("submit")).toEqual([
    { slotId: broken, force: false, options: { dryRun: true }, operator: "ann" },
    { slotId: broken, force: false, options: { dryRun: false }, operator: "ann" },
  ]);
  await page.context().close();
});

test("a waiting recovery is approved without JavaScript", async () => {
  const page = await openPage({ javaScriptEnabled: false });
  await page.getByRole("button", { name: "Approve" }).click();
  await page.getByText("approve noted").waitFor();
  expect(fake.callsOf("decide")).toEqual([{ recoveryId: "rec-1", operator: "ann", decision: "approve" }]);
  await page.context().close();
});

test.each([
  ["light", 1280, "light"],
  ["dark", 1280, "dark"],
  ["phone", 390, "light"],
] as const)("the %s page fits its width", async (name, width, colorScheme) => {
  const page = await openPage({ colorScheme, viewport: { width, height: 900 } });
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
  await page.goto(`http://${server.addresses[0]!}/slots/${broken}`);
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
  if (process.env["UPDATE_SCREENSHOTS"] === "1") {
    shown = inventory("agent/export-csv");
    await page.reload();
    await page.screenshot({ path: `docs/images/slot-${name}.png`, fullPage: true });
    await page.goto(`http://${server.addresses[0]!}/`);
    await page.screenshot({ path: `docs/images/page-${name}.png`, fullPage: true });
    shown = inventory(hostile);
  }
  await page.context().close();
});
