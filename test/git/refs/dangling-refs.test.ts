import { mkdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { findLeftByPrune, isDangling } from "../../../src/git/refs/dangling-refs.ts";
import { readLooseRef } from "../../../src/git/refs/refs.ts";
import { uncachedReader } from "../../../src/platform/slot-reader.ts";
import { aFolder, anId } from "../a-folder.ts";

const loggedSeconds = 1_700_000_000;
const line = `${anId(0)} ${anId(1)} A <a@b> ${loggedSeconds} +0000\tclone: from x\n`;
const originHead = "refs/remotes/origin/HEAD";

/** As a clone that pruned the branch of origin/HEAD, apart from these files. */
function aClone(files: Readonly<Record<string, string>> = {}): string {
  const folder = aFolder({
    "packed-refs": "# pack-refs with: peeled fully-peeled sorted \n",
    FETCH_HEAD: "",
    [originHead]: "ref: refs/remotes/origin/main\n",
    [`logs/${originHead}`]: line,
    ...files,
  });
  utimesSync(join(folder, originHead), loggedSeconds, loggedSeconds);
  return folder;
}

function isNamed(folder: string, name = originHead, packed = new Map<string, string>()): boolean {
  return isDangling(
    uncachedReader,
    folder,
    { name, ref: readLooseRef(uncachedReader, folder, name) },
    packed,
  );
}

test("what a prune leaves is not named, and fsck does not see it", () => {
  const folder = aClone();
  expect(isNamed(folder)).toBe(false);
  expect(findLeftByPrune(folder, [originHead])).toEqual([originHead]);
});

test.each([
  ["the reflog of the target is there", { "logs/refs/remotes/origin/main": line }],
  ["it leads out of its remote", { [originHead]: "ref: refs/remotes/other/main\n" }],
])("it is named if %s", (_, files) => {
  const folder = aClone(files);
  expect(isNamed(folder)).toBe(true);
  expect(findLeftByPrune(folder, [originHead])).toEqual([]);
});

test.each(["FETCH_HEAD", "worktrees/slot1/FETCH_HEAD", "refs/jj/root/x"])(
  "it is named as long as nothing was fetched, which %s tells",
  (trace) => {
    const folder = aClone();
    rmSync(join(folder, "FETCH_HEAD"));
    expect(isNamed(folder)).toBe(true);
    mkdirSync(dirname(join(folder, trace)), { recursive: true });
    writeFileSync(join(folder, trace), "");
    expect(isNamed(folder)).toBe(false);
  },
);

test("it is named if it was written after its log", () => {
  const folder = aClone();
  utimesSync(join(folder, originHead), loggedSeconds + 60, loggedSeconds + 60);
  expect(isNamed(folder)).toBe(true);
});

test("any other symbolic ref that leads nowhere is named, one that leads to a packed ref is not", () => {
  const folder = aClone({ "refs/heads/alias": "ref: refs/heads/none\n", "refs/heads/one": `${anId(1)}\n` });
  expect(isNamed(folder, "refs/heads/alias")).toBe(true);
  expect(isNamed(folder, "refs/heads/alias", new Map([["refs/heads/none", anId(1)]]))).toBe(false);
  expect(isNamed(folder, "refs/heads/one")).toBe(false);
});

test("without packed-refs, all that was packed is lost", () => {
  const folder = aFolder({ [originHead]: "ref: refs/remotes/origin/main\n" });
  expect(isNamed(folder)).toBe(true);
});
