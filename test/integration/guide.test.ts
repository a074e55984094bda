import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { freePort } from "../kit/free-port.ts";
import { GuidePool } from "../kit/guide-pool.ts";
import { linkPackage, runPage } from "../kit/run-page.ts";
import { sampleOf } from "../kit/sample.ts";

let pool: GuidePool | undefined;
let home: string | undefined;

afterEach(() => {
  pool?.destroy();
  if (home !== undefined) rmSync(home, { recursive: true });
  pool = home = undefined;
});

const readState = (file: string): string =>
  (JSON.parse(readFileSync(file, "utf8")) as { state: string }).state;

// A contract test holds the code of the two languages together.
test.each(sampleOf(["docs/guide.md", "docs/ja/guide.md"], 1, "languages of the guide"))(
  "every command and all TypeScript of %s run on a real pool, and leave it sound",
  async (page) => {
    pool = new GuidePool();
    linkPackage(pool.root);
    const { status, output } = runPage(page, pool.root, await freePort());
    expect({ status, output: status === 0 ? "" : output }).toEqual({ status: 0, output: "" });
    expect(output).toMatch(/head_invalid/);
    for (const number of [1, 2, 3]) expect(readState(pool.recordPath(number))).toBe("available");
    expect(existsSync(pool.lockPath(9))).toBe(false);
    // The aggressive strategy ended the old allocation, and the file in it was saved before.
    expect(existsSync(join(pool.slotPath(1), "unsaved.txt"))).toBe(false);
    expect(readdirSync(join(pool.stateDir, "salvage"))).toEqual([expect.stringMatching(/demo-slot1$/)]);
  },
);

test.each(
  sampleOf(["docs/getting-started.md", "docs/ja/getting-started.md"], 1, "languages of getting started"),
)("a new user who types what %s says gets the work back that the page promises", async (page) => {
  home = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-home-"));
  linkPackage(home);
  const port = await freePort();
  const { status, output } = runPage(page, home, port);
  expect({ status, output: status === 0 ? "" : output }).toEqual({ status: 0, output: "" });
  expect(output).toMatch(/^important$/m);
  expect(output).toMatch(/^idea$/m);
  expect(output).toMatch(/slot2: reclone done/);
  for (const number of [1, 2])
    expect(readState(join(home, `.necrocode/workspaces/demo/slot${number}/slot.json`))).toBe("available");
  for (const other of ["docs/strategies.md", "docs/disk-format.md"])
    expect({ other, ...runPage(other, home, port) }).toMatchObject({ other, status: 0 });
});
