import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { installObjects } from "../../src/git/scratch/install-objects.ts";
import { ScratchRepository } from "../../src/git/scratch/scratch-repository.ts";
import { SlotRepositoryFiles } from "../../src/lending/slot-repository-files.ts";
import { excludeRecord } from "../../src/recovery/repair/exclude-record.ts";
import { moveAside, replaceFile } from "../../src/recovery/steps/replace-file.ts";
import type { RecoveryContext } from "../../src/recovery/execute/recovery-context.ts";
import { copyToQuarantine, moveToQuarantine } from "../../src/salvage/quarantine.ts";

/** A repository all of whose folders are links into a place beside it. */
let root: string;
let repository: string;
let outside: string;
const folders = ["refs", "logs", "objects", "info"];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-contained-"));
  [repository, outside] = [join(root, "slot", ".git"), join(root, "outside")];
  mkdirSync(repository, { recursive: true });
  for (const folder of folders) {
    mkdirSync(join(outside, folder, "heads"), { recursive: true });
    writeFileSync(join(outside, folder, "heads", "main"), "outside\n");
    symlinkSync(join(outside, folder), join(repository, folder));
  }
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

const place = () => ({
  ...{ stateDir: join(root, "state"), stamp: "stamp", slotId: "slot", within: join(root, "slot") },
  note: () => undefined,
});
const context = (): RecoveryContext => {
  const slot = { slotId: "slot", layout: "clone", path: join(root, "slot") };
  return { ...place(), slot, pool: { directory: join(root, "slot") } } as unknown as RecoveryContext;
};
const main = (): string => join(repository, "refs", "heads", "main");
const files = () => new SlotRepositoryFiles({ gitDirectory: repository, commonDirectory: repository });

function scratchWithObject(): ScratchRepository {
  const scratch = new ScratchRepository(join(root, "scratch"), { idBytes: 20, isPartial: false });
  mkdirSync(join(scratch.objects, "ab"));
  writeFileSync(join(scratch.objects, "ab", "0".repeat(38)), "object");
  writeFileSync(scratch.index, "DIRC");
  return scratch;
}

/** Every function through which a step or a clean-up writes, moves or removes something in a repository. */
const writers: readonly (readonly [string, () => unknown])[] = [
  ["replaceFile", () => replaceFile(context(), main(), "new")],
  ["replaceFile of a file that is not there", () => replaceFile(context(), `${main()}2`, "new")],
  [
    "moveAside",
    () => {
      moveAside(context(), main());
    },
  ],
  ["moveToQuarantine", () => moveToQuarantine(main(), place())],
  ["copyToQuarantine", () => copyToQuarantine(main(), place())],
  [
    "writeRef",
    () => {
      files().writeRef("refs/heads/main", "1".repeat(40));
    },
  ],
  [
    "removeRef",
    () => {
      files().removeRef("refs/heads/main");
    },
  ],
  [
    "installObjects",
    () => {
      files().installObjects(scratchWithObject());
    },
  ],
  [
    "installObjects of a repair",
    () => installObjects(scratchWithObject(), { objects: join(repository, "objects"), within: repository }),
  ],
  [
    "installIndex",
    () => {
      scratchWithObject().installIndex(join(repository, "info", "index"), repository);
    },
  ],
];

function listAll(): string[] {
  return readdirSync(outside, { recursive: true, encoding: "utf8" }).sort();
}

test.each(writers)("%s changes nothing behind a link out of the repository", (_, write) => {
  const before = listAll();
  expect(write).toThrow(expect.objectContaining({ code: "PATH_UNSAFE" }));
  expect(listAll()).toEqual(before);
  expect(existsSync(join(root, "state"))).toBe(false);
});

test("excludeRecord says why it writes nothing behind such a link", () => {
  expect(excludeRecord(repository)).toContain("leads out of");
  expect(listAll()).not.toContain("info/exclude");
});
