import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freePort } from "../kit/free-port.ts";
import { GuidePool } from "../kit/guide-pool.ts";
import { linkPackage, runPage } from "../kit/run-page.ts";
import { sampleOf } from "../kit/sample.ts";

let pool: GuidePool;

beforeEach(() => {
  pool = new GuidePool();
  linkPackage(pool.root);
});

afterEach(() => {
  pool.destroy();
});

const stateOf = (number: number): string =>
  (JSON.parse(readFileSync(pool.recordPath(number), "utf8")) as { state: string }).state;

// A contract test holds the code of the two languages together.
test.each(sampleOf(["docs/guide.md", "docs/ja/guide.md"], 1, "languages of the guide"))(
  "every command and all TypeScript of %s run on a real pool, and leave it sound",
  async (page) => {
    const { status, output } = runPage(page, pool.root, await freePort());
    expect({ status, output: status === 0 ? "" : output }).toEqual({ status: 0, output: "" });
    expect(output).toMatch(/head_invalid/);
    expect([1, 2, 3].map(stateOf)).toEqual(["available", "available", "available"]);
    expect(existsSync(pool.lockPath(9))).toBe(false);
    // The aggressive strategy ended the old allocation, and the file in it was saved before.
    expect(existsSync(join(pool.slotPath(1), "unsaved.txt"))).toBe(false);
    expect(readdirSync(join(pool.stateDir, "salvage"))).toEqual([expect.stringMatching(/demo-slot1$/)]);
  },
);
