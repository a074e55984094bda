// `npm run bench -- page`: how fast the status page of 2,000 slots is answered and drawn, beside the JSON of the same
// slots from the same server. Fails if the page is not within its bounds.
import { chromium } from "playwright-core";
import { startHttpServer } from "../src/http/http-server.ts";
import { routes } from "../src/http/routes/routes.ts";
import { compareRounds, medianOf, recordFigure } from "./figure.ts";
import {
  aSlotSnapshot,
  aSnapshotOf,
  fakeHttpDependencies,
  now,
} from "../test/http/fake-http-dependencies.ts";

const slotCount = 2000;
const rounds = 20;
/** Of the answer with all slots, and of the time that a person takes for at once. */
const bounds = { pageBytes: 256 * 1024, shareOfJson: 1, drawnMilliseconds: 1000 };

/** As after a bad night: every fourth slot is broken, every fourth allocated. */
const snapshot = aSnapshotOf(
  Array.from({ length: slotCount }, (_, index) =>
    aSlotSnapshot({
      slotId: `workspace-demo-slot${index + 1}`,
      diskBytes: (index * 7919) % 1e9,
      ...(index % 4 === 0 ? { reasons: ["head_invalid"], evidence: [evidenceOf(index)] } : {}),
      ...(index % 4 === 1
        ? { state: "allocated", allocatedAt: new Date(now.getTime() - index * 60_000), activity: "idle" }
        : {}),
    }),
  ),
);

function evidenceOf(index: number) {
  return {
    code: "head_invalid",
    path: ".git/HEAD",
    expected: "a ref",
    found: `x${index}`,
    depth: "probe",
  } as const;
}

const { dependencies } = fakeHttpDependencies({ snapshot: () => snapshot });
const settings = {
  listenAddresses: ["127.0.0.1:0"],
  telemetryPath: "/metrics",
  externalUrl: undefined,
  webConfig: undefined,
  bearerTokenFile: undefined,
};
const server = await startHttpServer(settings, dependencies, routes);
const base = `http://${server.addresses[0]}`;

async function answered(path: string): Promise<{ milliseconds: number; bytes: number }> {
  const begin = performance.now();
  const body = await (await fetch(`${base}${path}`)).arrayBuffer();
  return { milliseconds: performance.now() - begin, bytes: body.byteLength };
}

/** The first is not counted. */
async function repeat(measure: () => Promise<number>): Promise<number[]> {
  await measure();
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) times.push(await measure());
  return times;
}

const milliseconds = (path: string) => async () => (await answered(path)).milliseconds;

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
try {
  const page = await browser.newPage();
  const json = await answered("/api/v1/slots");
  const jsonTimes = await repeat(milliseconds("/api/v1/slots"));
  console.log(
    `${slotCount} slots as JSON: ${json.bytes >> 10} KiB, answered in ${medianOf(jsonTimes).toFixed(1)} ms`,
  );
  for (const path of [
    "/",
    "/?sort=size&page=17",
    "/?q=slot19&status=corrupted",
    "/slots/workspace-demo-slot2000",
  ]) {
    const { bytes } = await answered(path);
    const compared = compareRounds(await repeat(milliseconds(path)), jsonTimes);
    const rival = `the JSON of all ${slotCount} slots`;
    recordFigure({ what: `the page \`${path}\``, rival, unit: "ms", ...compared });
    const drawn = medianOf(await repeat(() => drawnMilliseconds(page, path)));
    const share = compared.ours / compared.rivals;
    const isWithin =
      bytes <= bounds.pageBytes && share <= bounds.shareOfJson && drawn <= bounds.drawnMilliseconds;
    console.log(
      `${path}: ${bytes >> 10} KiB, answered in ${compared.ours.toFixed(1)} ms (${share.toFixed(2)} of the JSON), ` +
        `drawn in ${drawn.toFixed(0)} ms: ${isWithin ? "within bounds" : `NOT within ${JSON.stringify(bounds)}`}`,
    );
    if (!isWithin) process.exitCode = 1;
  }
} finally {
  await browser.close();
  await server.stop();
}

/** From the request until the browser has laid everything out. */
async function drawnMilliseconds(
  page: Awaited<ReturnType<typeof browser.newPage>>,
  path: string,
): Promise<number> {
  await page.goto(`${base}${path}`);
  return page.evaluate<number>(
    "document.body.offsetHeight && performance.getEntriesByType('navigation')[0].loadEventEnd",
  );
}
