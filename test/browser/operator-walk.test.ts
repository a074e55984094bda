import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hashSync } from "bcryptjs";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { git, RealPool } from "../kit/real-pool.ts";
import { programEnvironment, programFile, ServedProgram } from "../kit/served-program.ts";
import { findViolations, startChromium } from "./a-browser.ts";

const login = { username: "ann", password: "secret" };
/** As a file name; git would not take its spaces in a branch. */
const markup = "<img src=x onerror=window.hacked=1>";
const script = "<script>window.hacked=1</script>";
const reversed = "\u202egpj.exe";
const controls = "\u0007\u001b[31m";

let browser: Browser;
let pool: RealPool;
let served: ServedProgram;

beforeAll(async () => {
  browser = await startChromium();
});

afterAll(async () => {
  await browser.close();
});

beforeEach(() => {
  pool = new RealPool();
});

afterEach(async () => {
  await served.stop();
  pool.destroy();
});

async function serve(): Promise<void> {
  const users = join(pool.root, "web.yml");
  writeFileSync(users, `basic_auth_users: { ann: ${hashSync(login.password, 4)} }\n`);
  served = await ServedProgram.start(pool, {
    config: 'collector: { schedule: "*/2 * * * * *" }\n',
    args: ["--web.config.file", users],
  });
}

async function openPage(options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ httpCredentials: login, bypassCSP: true, ...options });
  const page = await context.newPage();
  await page.goto(`http://${served.address}/`);
  return page;
}

/** Loads the page again, as somebody who waits does, until it shows the text. */
async function untilShown(page: Page, text: string): Promise<void> {
  await expect.poll(() => page.reload().then(() => page.content()), { timeout: 60_000 }).toContain(text);
}

/** A slot without its objects, and a file in it that is nowhere else. */
function breakSlot(number: number): void {
  writeFileSync(join(pool.slotPath(number), "notes.txt"), "exists nowhere else\n");
  rmSync(join(pool.slotPath(number), ".git", "objects"), { recursive: true });
}

test("an operator sees a fault, reads its evidence, previews the plan, recovers, watches it end and gets the work back", async () => {
  const slotId = pool.slotId(2);
  breakSlot(2);
  await serve();
  const page = await openPage();
  await untilShown(page, "git_objects_missing");

  const card = page.locator(`#${slotId}`);
  await card.locator("summary").click();
  expect(await card.locator(".evidence").innerText()).toMatch(/\.git\/objects\s+expected a whole file/);

  await card.getByRole("button", { name: `Preview recovery of ${slotId}` }).click();
  await page.getByRole("heading", { name: `Plan for ${slotId}` }).waitFor();
  await page.locator(".preview").getByText("refetch_objects").first().waitFor();
  expect(() => git(pool.slotPath(2), "rev-parse", "HEAD^{commit}")).toThrow();

  await page.getByRole("button", { name: `Recover ${slotId}`, exact: true }).click();
  await page.getByText("is queued").waitFor();
  await page.goto(`http://${served.address}/`);
  const run = page.locator("#recoveries ~ ul > li", { hasText: "finished", hasNotText: "dry run" });
  await expect.poll(() => page.reload().then(() => run.count()), { timeout: 60_000 }).toBe(1);
  await run.locator("summary").click();
  expect(await run.locator(".steps").innerText()).toMatch(/done\s+refetch_objects/);
  expect(await page.locator(`#${slotId} .status`).innerText()).toContain("available");
  expect(await page.locator("#anomalies .count").innerText()).toBe("0");
  expect(await findViolations(page)).toEqual([]);

  const command = await page.locator("pre", { hasText: "salvage restore" }).innerText();
  const restored = join(pool.root, "restored");
  runAsTyped(command.replace("DIR", restored));
  expect(readFileSync(join(restored, "notes.txt"), "utf8")).toBe("exists nowhere else\n");
  await page.context().close();
});

/** In a shell that knows neither the pool nor the program's settings. */
function runAsTyped(command: string): void {
  const line = command.replace(/^repo-pool-sidecar /, `"${process.execPath}" "${programFile}" `);
  const { PATH, HOME } = programEnvironment(pool);
  execFileSync("/bin/sh", ["-c", line], { cwd: pool.root, env: { PATH, HOME }, stdio: "pipe" });
}

/** Branch, metadata and file names as an attacker would choose them. */
function makeHostile(number: number): void {
  const slot = pool.slotPath(number);
  git(slot, "checkout", "-q", "-b", `agent/${script}${reversed}`);
  const lock = join(slot, ".git", "refs", "heads", `${markup}${reversed}${controls}.lock`);
  writeFileSync(lock, "");
  const old = new Date(Date.now() - 48 * 3_600_000);
  utimesSync(lock, old, old);
  writeFileSync(join(slot, `${markup}${reversed}${controls}`), "");
  pool.writeRecord(number, {
    state: "error",
    current_branch: `agent/${script}${controls}`,
    metadata: { isolated_at: "2026-01-01T00:00:00", isolation_reason: `${script}${reversed}${controls}` },
  });
}

const looks: readonly BrowserContextOptions[] = [
  { colorScheme: "light" },
  { colorScheme: "dark" },
  { viewport: { width: 390, height: 844 } },
];

test("a hostile slot shows its strings harmlessly, and axe-core finds no violation, in light, dark and on a phone", async () => {
  const slotId = pool.slotId(1);
  makeHostile(1);
  breakSlot(2);
  await serve();
  for (const look of looks) {
    const page = await openPage(look);
    await untilShown(page, "git_objects_missing");
    expect(await findViolations(page)).toEqual([]);
    const card = page.locator(`#${slotId}`);
    const text = await card.innerText();
    expect(text).toContain(script);
    expect(text).toContain(`${markup}[U+202E]gpj.exe[U+0007][U+001B][31m`);
    await expectHarmless(page);

    await card.getByRole("button", { name: "Preview recovery" }).click();
    await page.getByRole("heading", { name: "Plan for" }).waitFor();
    expect(await findViolations(page)).toEqual([]);
    await expectHarmless(page);
    await page.context().close();
  }
});

async function expectHarmless(page: Page): Promise<void> {
  expect(await page.evaluate("window.hacked")).toBeUndefined();
  expect(await page.locator("main script, main img").count()).toBe(0);
  // eslint-disable-next-line no-control-regex
  expect(await page.content()).not.toMatch(/[\u202e\u0007\u001b]/);
  const width = await page.evaluate("document.documentElement.scrollWidth");
  expect(width).toBeLessThanOrEqual(page.viewportSize()?.width ?? 0);
}

test("an operator pauses and resumes recovery by the keyboard alone", async () => {
  await serve();
  const page = await openPage();
  await untilShown(page, "workspace-demo-slot1");
  await page.locator("#new-pause summary").focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.type("disk");
  await page.keyboard.press("Tab");
  await page.keyboard.type("a new disk");
  await page.keyboard.press("Tab");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  expect(await findViolations(page)).toEqual([]);
  await page.keyboard.press("Enter");
  await page.getByText("Pause disk has begun.").waitFor();
  const row = page.locator("#pauses ~ ul > li");
  expect(await row.innerText()).toMatch(/disk demo\s+a new disk \(ann\), ends/);
  expect(await findViolations(page)).toEqual([]);

  await row.getByRole("button", { name: "Resume disk" }).focus();
  await page.keyboard.press("Enter");
  await page.getByText("Pause disk has ended.").waitFor();
  expect(await page.locator("#pauses ~ p").innerText()).toBe("None: recovery goes on.");
  await page.context().close();
});

test("the page refreshes itself, but not while something is typed into its form", async () => {
  await serve();
  const page = await openPage();
  await page.clock.install();
  await page.goto(`http://${served.address}/`);
  let refreshCount = 0;
  page.on("request", (sent) => (refreshCount += sent.resourceType() === "fetch" ? 1 : 0));
  const refreshed = page.waitForResponse(`http://${served.address}/`);
  await page.clock.runFor(10_000);
  await refreshed;
  expect(refreshCount).toBe(1);

  await page.locator("#new-pause summary").click();
  await page.getByLabel("Reason").fill("half a sen");
  await page.getByRole("heading", { level: 1 }).click();
  await page.clock.runFor(30_000);
  expect(refreshCount).toBe(1);
  expect(await page.getByLabel("Reason").inputValue()).toBe("half a sen");
  await page.context().close();
});
