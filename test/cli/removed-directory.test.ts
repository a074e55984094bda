import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RealPool } from "../kit/real-pool.ts";
import { programEnvironment, programFile } from "../kit/served-program.ts";

let pool: RealPool;

beforeEach(() => {
  pool = new RealPool(1, "clone");
});

afterEach(() => {
  pool.destroy();
});

test("work is saved also by somebody whose working directory was removed", () => {
  writeFileSync(join(pool.slotPath(1), "new.txt"), "unsaved\n");
  const directory = join(pool.root, "gone");
  mkdirSync(directory);
  const program = [process.execPath, programFile, "salvage", "save", pool.slotId(1)];
  const { status, stderr } = spawnSync(
    "sh",
    ["-c", 'cd "$1" && rmdir "$1" && shift && exec "$@"', "sh", directory, ...program],
    { encoding: "utf8", env: programEnvironment(pool) },
  );
  expect({ status, stderr }).toMatchObject({ status: 0 });
});
