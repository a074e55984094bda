import { expect, test } from "vitest";
import { CodedError } from "../../src/platform/coded-error.ts";
import { findStorageFault } from "../../src/salvage/storage-fault.ts";

const system = (code: string, message: string, paths: { path?: string; dest?: string } = {}): Error =>
  Object.assign(new Error(`${code}: ${message}`), { code, ...paths });

test.each<[string, Error, string | undefined]>([
  ["a full disk", system("ENOSPC", "no space left on device, write"), "disk_space"],
  [
    "a directory of the state",
    system("EACCES", "permission denied", { path: "/state/salvage/x" }),
    "state_unwritable",
  ],
  ["the journal", new CodedError("JOURNAL_UNWRITABLE", "/state/journal: EIO"), "state_unwritable"],
  [
    "the directory for temporary files, as the cause of another error",
    new Error("x", { cause: new CodedError("TEMPORARY_DIRECTORY_UNUSABLE", "/tmp cannot be written") }),
    "state_unwritable",
  ],
  [
    "what git writes in the state",
    new Error(
      "git fast-import: error: Unable to write marks file /state/salvage/x/marks: Input/output error",
    ),
    "state_unwritable",
  ],
  ["a file that the state lacks", system("ENOENT", "no such file", { path: "/state/x" }), undefined],
  ["a file of the slot", system("EACCES", "permission denied", { path: "/pool/slot1/file" }), undefined],
  [
    "a directory of the slot that may not be moved to the state",
    system("EACCES", "permission denied", { path: "/pool/slot1", dest: "/state/quarantine/x" }),
    undefined,
  ],
  [
    "the same, as a step tells it",
    new Error("EACCES: permission denied, rename '/pool/slot1' -> '/state/quarantine/x'"),
    undefined,
  ],
  ["a neighbour by name", system("EIO", "i/o error", { path: "/state-of-others/x" }), undefined],
  ["the remote", new Error("git clone: fatal: unable to access the remote"), undefined],
])("an error about %s is a fault of the storage or none", (_, error, expected) => {
  expect(findStorageFault(error, "/state")?.reason).toBe(expected);
});

test("the path that cannot be written is told, and who runs the program", () => {
  const error = system("EACCES", "permission denied, mkdir '/etc/x'", { path: "/etc/x" });
  expect(findStorageFault(error, "/etc")?.detail).toMatch(
    /^EACCES: permission denied, mkdir '\/etc\/x': \/etc\/x cannot be written \(EACCES\): \/etc belongs to user \d+, group \d+, with mode \d+; this program runs as user \d+/,
  );
});
