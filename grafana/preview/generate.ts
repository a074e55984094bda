// `npm run dashboards:preview`: lets a real pool live for two minutes under a real sidecar and a real Prometheus, and
// draws what the dashboards' queries answer to docs/images/preview-*.png. It takes Debian's prometheus and chromium.
import { spawnSync } from "node:child_process";
import { closeSync, openSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { MonitoringStack } from "../../test/kit/monitoring-stack.ts";
import { RealPool } from "../../test/kit/real-pool.ts";
import { until } from "../../test/kit/until.ts";
import { readDashboards } from "./panel-data.ts";
import { renderPreviewPage } from "./preview-page.ts";

const project = fileURLToPath(new URL("../..", import.meta.url));
const pauseSeconds = 12;

const pool = new RealPool(8);
const stack = await MonitoringStack.create(pool);
try {
  const verification = "verification: { schedule: '*/5 * * * * *', budget_ratio: 1 }\n";
  stack.startSidecar(verification);
  stack.startPrometheus();
  await until("a collection in Prometheus", async () =>
    ((await stack.query('repo_pool_up{pool="demo"}')) ?? []).length > 0 ? true : undefined,
  );
  const startSeconds = Math.floor(Date.now() / 1000);
  await live();
  const range = { startSeconds, endSeconds: Math.floor(Date.now() / 1000), stepSeconds: 1 };
  await draw(await readDashboards(stack.prometheusUrl, range));
} finally {
  await stack.stop();
  pool.destroy();
}

/** A day of a pool in two minutes: it is allocated, forgotten, damaged, isolated and recovered. */
async function live(): Promise<void> {
  const hoursAgo = (hours: number): Date => new Date(Date.now() - hours * 3_600_000);
  const local = (time: Date): string =>
    new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, -1);
  const lend = (number: number, hours: number): void => {
    pool.writeRecord(number, {
      state: "allocated",
      allocation_count: 1,
      last_allocated_at: local(hoursAgo(hours)),
    });
  };
  const events: (() => void)[] = [
    () => {
      lend(1, 1);
      lend(2, 2);
    },
    () => {
      lend(3, 23.999);
    },
    () => {
      writeFileSync(join(pool.slotPath(4), "work.txt"), "exists nowhere else\n");
      rmSync(join(pool.slotPath(4), ".git", "objects"), { recursive: true });
    },
    () => {
      writeFileSync(join(pool.slotPath(5), ".git", "index"), "DIRC");
      makeOldLock();
    },
    () => {
      run("isolate", pool.slotId(6), "--reason", "a person looks at it");
    },
    () => {
      lend(7, 0.1);
      run("recover");
    },
    () => {
      run("recover", "--strategy", "aggressive");
    },
    () => {
      run("recover", pool.slotId(6));
    },
  ];
  for (const event of events) {
    event();
    await sleep(pauseSeconds * 1000);
  }

  function makeOldLock(): void {
    closeSync(openSync(pool.lockPath(9), "w"));
    utimesSync(pool.lockPath(9), hoursAgo(48), hoursAgo(48));
  }
}

function run(...args: string[]): void {
  const options = ["--workspaces-dir", pool.workspacesDir];
  spawnSync(process.execPath, [join(project, "dist", "main.js"), ...args, ...options], { stdio: "ignore" });
}

async function draw(dashboards: Awaited<ReturnType<typeof readDashboards>>): Promise<void> {
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-background-networking"],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1416, height: 900 } });
    for (const dashboard of dashboards) {
      await page.setContent(renderPreviewPage(dashboard));
      await page.waitForSelector("body[data-drawn]");
      const path = join(project, "docs", "images", `preview-${dashboard.uid}.png`);
      await page.screenshot({ path, fullPage: true });
    }
  } finally {
    await browser.close();
  }
}
