import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SeenEntries } from "../../src/salvage/save/seen-entries.ts";
import { walkFiles } from "../../src/salvage/save/walk-files.ts";

let root = "";
let directory = "";

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "late-changes-"));
  directory = join(root, "work");
  for (const folder of ["quiet/deep", "left-out"]) mkdirSync(join(directory, folder), { recursive: true });
  for (const name of ["a.txt", "quiet/b.txt", "quiet/deep/c.txt"])
    writeFileSync(join(directory, name), "content\n");
  symlinkSync("b.txt", join(directory, "quiet", "link"));
});

afterEach(() => {
  // Node removes nothing below a path that is too long.
  execFileSync("rm", ["-rf", root]);
});

/** `fresh`: directories changed so lately that their times tell nothing. */
function see(ages: "settled" | "fresh"): SeenEntries {
  const isLeftOut = (path: string): boolean => path === "left-out";
  const source = { directory, isLeftOut };
  const startedAt = Date.now() + (ages === "settled" ? 10_000 : 0);
  const seen = new SeenEntries(source, startedAt);
  for (const found of walkFiles(directory, source)) {
    if ("stats" in found) seen.note(found.path, found.kind, found.stats);
  }
  return seen;
}

const at = (name: string): string => join(directory, name);
const write = (name: string): void => {
  writeFileSync(at(name), "CONTENT\n");
};

const changes: readonly (readonly [string, () => void, readonly string[]])[] = [
  ["nothing", () => undefined, []],
  [
    "a file that is new",
    () => {
      write("quiet/new.txt");
    },
    ["quiet/new.txt"],
  ],
  [
    "a file in a directory that is new",
    () => {
      mkdirSync(at("quiet/new/below"), { recursive: true });
      write("quiet/new/below/n.txt");
    },
    ["quiet/new/below/n.txt"],
  ],
  [
    "an edit of the same size with its time restored",
    () => {
      const { atime, mtime } = statSync(at("quiet/b.txt"));
      write("quiet/b.txt");
      utimesSync(at("quiet/b.txt"), atime, mtime);
    },
    ["quiet/b.txt"],
  ],
  [
    "another file in the place of one",
    () => {
      write("left-out/o.txt");
      renameSync(at("left-out/o.txt"), at("quiet/deep/c.txt"));
    },
    ["quiet/deep/c.txt"],
  ],
  [
    "a directory in the place of a file",
    () => {
      rmSync(at("a.txt"));
      mkdirSync(at("a.txt"));
      write("a.txt/n.txt");
    },
    ["a.txt"],
  ],
  [
    "a file in the place of a directory",
    () => {
      rmSync(at("quiet/deep"), { recursive: true });
      write("quiet/deep");
    },
    ["quiet/deep"],
  ],
  [
    "another directory in the place of one",
    () => {
      renameSync(at("quiet/deep"), at("left-out/deep"));
      mkdirSync(at("quiet/deep"));
      write("quiet/deep/n.txt");
    },
    ["quiet/deep/n.txt"],
  ],
  [
    "another link",
    () => {
      rmSync(at("quiet/link"));
      symlinkSync("deep", at("quiet/link"));
    },
    ["quiet/link"],
  ],
  [
    "what is left out",
    () => {
      write("left-out/n.txt");
    },
    [],
  ],
  [
    "a file that is gone",
    () => {
      rmSync(at("quiet/b.txt"));
    },
    [],
  ],
];

describe.each(["settled", "fresh"] as const)("if directories are %s", (ages) => {
  test.each(changes)("a second look tells of %s", (_what, change, expected) => {
    const seen = see(ages);
    change();
    expect([...seen.listChanged()].map(String)).toEqual(expected);
  });
});

test("a file in a directory whose times are those of the first look is told if these are of the same second", () => {
  const seen = see("fresh");
  write("quiet/new.txt");
  expect([...seen.listChanged()].map(String)).toEqual(["quiet/new.txt"]);
});

test("paths that are longer than the system takes are looked at as well", () => {
  const name = "n".repeat(200);
  let place = directory;
  const parts = Array.from({ length: 22 }, () => name);
  const before = process.cwd();
  process.chdir(directory);
  for (const part of parts) {
    mkdirSync(part);
    process.chdir(part);
    place = join(place, part);
  }
  writeFileSync("deep.txt", "content\n");
  const seen = see("settled");
  writeFileSync("deep.txt", "CONTENT\n");
  writeFileSync("new.txt", "CONTENT\n");
  process.chdir(before);
  const changed = [...seen.listChanged()].map((path) => path.split("/").at(-1));
  expect(changed).toEqual(["deep.txt", "new.txt"]);
});
