import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { replaceByFifo } from "../kit/damage.ts";
import { git, RealPool } from "../kit/real-pool.ts";
import { runProgram } from "../kit/run-program.ts";
import { sampleOf } from "../kit/sample.ts";
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

describe.each(["clone", "worktree"] as const)("in a %s pool", (layout) => {
  test.each(sampleOf(places, 3, `FIFOs in the store of a ${layout}`))(
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
