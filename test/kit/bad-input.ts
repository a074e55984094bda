import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { LayoutKind } from "../../src/pool/pool.ts";
import { overwrite } from "./damage.ts";
import type { SlotPlace } from "./slot-place.ts";

/** Something in slot 2 that no program of git would leave, and that may hang, exhaust or lead away who reads it. */
export interface BadInput {
  readonly name: string;
  readonly layouts: readonly LayoutKind[];
  /** Any of these has to be said of it: a reason, an error's code or a problem's; none if git goes on without it. */
  readonly said: readonly string[];
  readonly inject: (slot: SlotPlace) => void;
}

const both: readonly LayoutKind[] = ["clone", "worktree"];
const clones: readonly LayoutKind[] = ["clone"];
const worktrees: readonly LayoutKind[] = ["worktree"];
const gibibyte = 1024 ** 3;
const mebibyte = 1024 ** 2;
const manyEntries = 100_000;
const someId = "1".repeat(40);

function badInput(
  name: string,
  said: BadInput["said"],
  inject: BadInput["inject"],
  layouts: readonly LayoutKind[] = both,
): BadInput {
  return { name, said, inject, layouts };
}

/** A file that claims much and holds little. */
function inflate(path: string, bytes: number, start: Buffer = Buffer.alloc(0)): void {
  overwrite(path, start);
  truncateSync(path, bytes);
}

function indexHeader(entryCount: number): Buffer {
  const header = Buffer.from("DIRC\0\0\0\x02\0\0\0\0", "latin1");
  header.writeUInt32BE(entryCount, 8);
  return header;
}

function fill(folder: string, nameOf: (index: number) => string, content: string): void {
  mkdirSync(folder, { recursive: true });
  for (let index = 0; index < manyEntries; index++) {
    const descriptor = openSync(join(folder, nameOf(index)), "w");
    writeSync(descriptor, content);
    closeSync(descriptor);
  }
}

function hex(index: number, length: number): string {
  return index.toString(16).padStart(length, "0");
}

const large: readonly BadInput[] = [
  badInput("an index of 4 GiB of zeros", ["index_corrupt"], (slot) => {
    inflate(join(slot.gitDirectory, "index"), 4 * gibibyte);
  }),
  badInput("an index of 4 GiB that claims as many entries as fit", ["deep_check_failed"], (slot) => {
    inflate(join(slot.gitDirectory, "index"), 4 * gibibyte, indexHeader(1_000_000));
  }),
  badInput("an index that claims 2^32 entries", ["index_corrupt"], (slot) => {
    inflate(join(slot.gitDirectory, "index"), 40 * mebibyte, indexHeader(0xffffffff));
  }),
  badInput("a pack index that claims 2^32 objects", ["pack_index_corrupt", "main_repo_broken"], (slot) => {
    const header = Buffer.alloc(8 + 1024, 0xff);
    header.writeUInt32BE(0xff744f63, 0);
    header.writeUInt32BE(2, 4);
    inflate(slot.pack("idx"), 8 * gibibyte, header);
  }),
  badInput("a branch of 64 MiB", ["ref_invalid"], (slot) => {
    inflate(join(slot.commonDirectory, slot.branch), 64 * mebibyte);
  }),
  badInput("a HEAD of 64 MiB", ["head_invalid"], (slot) => {
    inflate(join(slot.gitDirectory, "HEAD"), 64 * mebibyte, Buffer.from("ref: refs/heads/"));
  }),
  badInput("packed refs of 1 GiB", ["packed_refs_invalid", "main_repo_broken"], (slot) => {
    inflate(join(slot.commonDirectory, "packed-refs"), gibibyte);
  }),
  badInput("a configuration of 1 GiB", ["unread"], (slot) => {
    truncateSync(join(slot.commonDirectory, "config"), gibibyte);
  }),
  badInput("a slot.json of 1 GiB", ["slot_json_invalid"], (slot) => {
    truncateSync(slot.recordPath, gibibyte);
  }),
  badInput("a commit that unpacks to 1 GiB", ["object_corrupt", "main_repo_broken"], (slot) => {
    const script = `import sys, zlib; c = zlib.compressobj(9); w = sys.stdout.buffer.write; w(c.compress(b"commit 1073741824\\0")); z = bytes(1 << 20)
for _ in range(1024): w(c.compress(z))
w(c.flush())`;
    const bomb = execFileSync("python3", ["-c", script], { maxBuffer: 64 * mebibyte });
    overwrite(slot.objectPath(slot.run("rev-parse", "HEAD")), bomb);
  }),
];

/** Each of these files, as what no file is. */
const places: readonly {
  name: string;
  said: readonly string[];
  path: (slot: SlotPlace) => string;
  layouts?: readonly LayoutKind[];
}[] = [
  { name: "HEAD", said: ["head_invalid"], path: (slot) => join(slot.gitDirectory, "HEAD") },
  { name: "the index", said: ["index_corrupt"], path: (slot) => join(slot.gitDirectory, "index") },
  {
    name: "the configuration",
    said: ["config_invalid", "main_repo_broken"],
    path: (slot) => join(slot.commonDirectory, "config"),
  },
  {
    name: "packed-refs",
    said: ["packed_refs_invalid", "main_repo_broken"],
    path: (slot) => join(slot.commonDirectory, "packed-refs"),
  },
  {
    name: "the shallow file",
    said: ["shallow_invalid", "main_repo_broken"],
    path: (slot) => join(slot.commonDirectory, "shallow"),
  },
  { name: "the branch", said: ["ref_invalid"], path: (slot) => join(slot.commonDirectory, slot.branch) },
  { name: "a pack", said: ["pack_corrupt", "main_repo_broken"], path: (slot) => slot.pack() },
  {
    name: "a pack index",
    said: ["pack_index_corrupt", "main_repo_broken"],
    path: (slot) => slot.pack("idx"),
  },
  {
    name: "the alternates",
    said: ["alternates_broken", "main_repo_broken"],
    path: (slot) => join(slot.commonDirectory, "objects/info/alternates"),
  },
  {
    name: "the commit",
    said: ["object_corrupt", "main_repo_broken"],
    path: (slot) => slot.objectPath(slot.run("rev-parse", "HEAD")),
  },
  { name: "slot.json", said: ["slot_json_invalid"], path: (slot) => slot.recordPath },
  {
    name: "the link to the repository",
    said: ["worktree_link_invalid"],
    path: (slot) => join(slot.path, ".git"),
    layouts: worktrees,
  },
  {
    name: "the link back",
    said: ["worktree_backlink_invalid"],
    path: (slot) => join(slot.gitDirectory, "gitdir"),
    layouts: worktrees,
  },
  {
    name: "commondir",
    said: ["worktree_commondir_invalid"],
    path: (slot) => join(slot.gitDirectory, "commondir"),
    layouts: worktrees,
  },
  { name: "the repository", said: ["git_invalid"], path: (slot) => slot.commonDirectory, layouts: clones },
  {
    name: "the objects",
    said: ["git_objects_missing", "main_repo_broken"],
    path: (slot) => join(slot.commonDirectory, "objects"),
  },
  {
    name: "the refs",
    said: ["git_refs_missing", "main_repo_broken"],
    path: (slot) => join(slot.commonDirectory, "refs"),
  },
];

const impostors = {
  "a FIFO": (path: string) => execFileSync("mkfifo", [path]),
  "a socket": (path: string) =>
    execFileSync("python3", [
      "-c",
      "import socket, sys, os; os.chdir(os.path.dirname(sys.argv[1])); socket.socket(socket.AF_UNIX).bind(os.path.basename(sys.argv[1]))",
      path,
    ]),
  "a link to itself": (path: string) => {
    symlinkSync(path, path);
  },
};

const wrongKinds: readonly BadInput[] = Object.entries(impostors).flatMap(([what, make]) =>
  places
    .filter(({ name }) => name !== "the alternates" || what !== "a link to itself")
    .map(({ name, said, path, layouts }) =>
      badInput(
        `${what} in the place of ${name}`,
        said,
        (slot) => {
          const at = path(slot);
          rmSync(at, { recursive: true, force: true });
          mkdirSync(dirname(at), { recursive: true });
          make(at);
        },
        layouts,
      ),
    ),
);

const unsaid: readonly BadInput[] = [
  badInput("FIFOs, sockets and links to themselves among the files", [], (slot) => {
    for (const [index, make] of Object.values(impostors).entries()) make(join(slot.path, `odd${index}`));
  }),
  badInput("file names that are not UTF-8", [], (slot) => {
    for (const name of ["one", "two"])
      writeFileSync(Buffer.concat([Buffer.from(join(slot.path, name)), Buffer.from([0xff, 0xfe])]), name);
  }),
  badInput("a directory of the pool whose name is not UTF-8", [], (slot) => {
    mkdirSync(Buffer.concat([Buffer.from(join(slot.pool.directory, "slot9")), Buffer.from([0xff])]));
  }),
  badInput("a FIFO among the slot locks", [], (slot) => {
    execFileSync("mkfifo", [join(slot.pool.workspacesDir, "locks", "odd.lock")]);
  }),
];

const names: readonly BadInput[] = [
  badInput("a branch whose name is not UTF-8", ["ref_target_missing"], (slot) => {
    const path = Buffer.concat([
      Buffer.from(join(slot.commonDirectory, "refs/heads/odd")),
      Buffer.from([0xff]),
    ]);
    writeFileSync(path, `${someId}\n`);
  }),
  badInput("a HEAD on a branch whose name is not UTF-8", ["head_branch_missing"], (slot) => {
    overwrite(join(slot.gitDirectory, "HEAD"), Buffer.from("ref: refs/heads/odd\xff\n", "latin1"));
  }),
];

const many: readonly BadInput[] = [
  badInput("100,000 branches that point to nothing", ["ref_target_missing", "main_repo_broken"], (slot) => {
    fill(join(slot.commonDirectory, "refs/heads/many"), String, `${someId}\n`);
  }),
  badInput(
    "100,000 packed refs that point to nothing",
    ["ref_target_missing", "main_repo_broken"],
    (slot) => {
      // In the order that git wants, behind every name that is there.
      const names = Array.from({ length: manyEntries }, (_, index) => String(index).padStart(6, "0"));
      const lines = names.map((name) => `${someId} refs/tags/w${name}\n`);
      appendFileSync(join(slot.commonDirectory, "packed-refs"), lines.join(""));
    },
  ),
  badInput("100,000 empty objects", ["object_corrupt", "unread", "main_repo_broken"], (slot) => {
    fill(join(slot.commonDirectory, "objects/aa"), (index) => hex(index, 38), "");
  }),
  badInput("100,000 pack indexes without packs", ["pack_missing", "main_repo_broken"], (slot) => {
    fill(join(slot.commonDirectory, "objects/pack"), (index) => `pack-${hex(index, 40)}.idx`, "");
  }),
];

export const badInputs: readonly BadInput[] = [...large, ...wrongKinds, ...names, ...unsaid, ...many];
