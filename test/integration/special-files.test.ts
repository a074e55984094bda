import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { replaceByFifo } from "../kit/damage.ts";
import { git, RealPool } from "../kit/real-pool.ts";
import { runProgram } from "../kit/run-program.ts";
import { sampleLayouts, sampleOf } from "../kit/sample.ts";
import { SlotPlace } from "../kit/slot-place.ts";

let pool: RealPool;

afterEach(() => {
  pool.destroy();
});

const inStore =
  (...names: string[]) =>
  (slot: SlotPlace): void => {
    const folder = join(slot.commonDirectory, "objects", ...names.slice(0, -1));
    mkdirSync(folder, { recursive: true });
    replaceByFifo(join(folder, names.at(-1) ?? ""));
  };

/** A store outside of the slot from which it borrows; a FIFO is among the packs there. */
function borrowFromFifo(slot: SlotPlace): void {
  const lender = join(slot.pool.directory, "lender.git");
  git(slot.pool.root, "clone", "-q", "--bare", slot.pool.url, lender);
  const packs = join(lender, "objects", "pack");
  const pack = readdirSync(packs).find((name) => name.endsWith(".pack")) ?? "";
  replaceByFifo(join(packs, pack));
  const info = join(slot.commonDirectory, "objects", "info");
  writeFileSync(join(info, "alternates"), `${join(lender, "objects")}\n`);
}

/** Rules that git reads in each directory of a work tree. */
function putAmongFiles(slot: SlotPlace): void {
  const folder = join(slot.path, "folder");
  mkdirSync(folder);
  replaceByFifo(join(folder, ".gitignore"));
  replaceByFifo(join(slot.path, ".gitattributes"));
}

/** In each place git, or a reader of this program, would wait for a writer that never comes. */
const places: readonly { what: string; put: (slot: SlotPlace) => void }[] = [
  {
    what: "a pack",
    put: (slot) => {
      replaceByFifo(slot.pack());
    },
  },
  {
    what: "a pack's index",
    put: (slot) => {
      replaceByFifo(slot.pack("idx"));
    },
  },
  { what: "a loose object", put: inStore("0a", "b".repeat(38)) },
  { what: "rules of the work tree", put: putAmongFiles },
  { what: "the list of commit-graphs", put: inStore("info", "commit-graphs", "commit-graph-chain") },
  { what: "a file beside a pack", put: inStore("pack", `pack-${"a".repeat(40)}.rev`) },
  { what: "the commit-graph", put: inStore("info", "commit-graph") },
  { what: "the multi-pack-index", put: inStore("pack", "multi-pack-index") },
  { what: "the alternates file", put: inStore("info", "alternates") },
  { what: "a pack of a store that the slot borrows from", put: borrowFromFifo },
];

const commands = [
  { what: "check --deep", args: ["check", "--deep"] },
  { what: "recover --deep", args: ["recover", "--deep", "--strategy", "aggressive"] },
  { what: "a release", args: ["release", "workspace-demo-slot1"] },
];

/** Names that git, or a reader of this program, opens: of the work tree's own directory, of the repository, of the work tree. */
const opened = {
  gitDirectory: [
    ...["HEAD", "index", "config.worktree", "commondir", "gitdir", "logs/HEAD", "info/sparse-checkout"],
    ...["MERGE_HEAD", "MERGE_MSG", "ORIG_HEAD", "FETCH_HEAD", "AUTO_MERGE", "BISECT_LOG", "index.lock"],
    ...["rebase-merge/git-rebase-todo", "rebase-merge/autostash", "rebase-apply/orig-head", "sequencer/todo"],
  ],
  commonDirectory: [
    ...["config", "packed-refs", "shallow", "gc.pid", "info/exclude", "info/attributes", "info/grafts"],
    ...["refs/stash", "refs/heads/one", "logs/refs/stash", "objects/info/packs", "hooks/pre-commit"],
  ],
  path: [".git", ".gitmodules", ".gitignore", ".mailmap", "slot.json"],
} as const;

const kinds: Readonly<Record<string, (path: string, pool: RealPool) => void | Promise<void>>> = {
  "a FIFO": replaceByFifo,
  "a socket": async (path, { root }) => {
    const server = createServer().listen(join(root, "socket"));
    await once(server, "listening");
    // The address of a socket is short; its file may be anywhere.
    renameSync(join(root, "socket"), path);
    server.close();
  },
  "a directory": (path) => {
    mkdirSync(join(path, "folder"), { recursive: true });
  },
  "a link out": (path, { root }) => {
    writeFileSync(join(root, "precious"), "precious\n");
    symlinkSync(join(root, "precious"), path);
  },
};

const inPlaces = Object.entries(opened).flatMap(([where, names]) =>
  names.flatMap((name) =>
    Object.keys(kinds).map((kind) => ({ where: where as keyof typeof opened, name, kind })),
  ),
);

describe.each(sampleLayouts("special files"))("in a %s pool", (layout) => {
  test.each(sampleOf(inPlaces, 2, `special files of a ${layout}`))(
    "in the place of $name of the $where, $kind holds no command up, and loses nothing",
    async ({ where, name, kind }) => {
      pool = new RealPool(2, layout);
      const slot = new SlotPlace(pool, 1);
      writeFileSync(join(slot.path, "work.txt"), "work\n");
      const path = join(slot[where], name);
      pool.writeRecord(1, { state: "allocated", last_allocated_at: "2020-05-01T10:00:00.000000" });
      mkdirSync(dirname(path), { recursive: true });
      rmSync(path, { recursive: true, force: true });
      await kinds[kind]?.(path, pool);
      for (const { what, args } of commands) {
        const { status, stderr } = runProgram(pool, ...args);
        expect([0, 1, 3, 4], `${what}: ${stderr}`).toContain(status);
        expect(stderr).not.toMatch(/^ +at /m);
      }
      const saved = JSON.parse(runProgram(pool, "salvage", "list", "--json").stdout) as readonly unknown[];
      expect(existsSync(join(slot.path, "work.txt")) || saved.length > 0).toBe(true);
      if (kind === "a link out") expect(readFileSync(join(pool.root, "precious"), "utf8")).toBe("precious\n");
    },
  );

  test.each(sampleOf(places, 2, `FIFOs in the store of a ${layout}`))(
    "in the place of $what, a FIFO holds no command up",
    ({ put }) => {
      pool = new RealPool(2, layout);
      const slot = new SlotPlace(pool, 1);
      writeFileSync(join(slot.path, "work.txt"), "work\n");
      put(slot);
      pool.writeRecord(1, { state: "allocated", last_allocated_at: "2020-05-01T10:00:00.000000" });
      for (const { what, args } of commands) {
        const { status, stderr } = runProgram(pool, ...args);
        expect([0, 1, 3, 4], `${what}: ${stderr}`).toContain(status);
      }
    },
  );
});
