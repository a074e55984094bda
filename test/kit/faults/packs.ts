import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { flipEnd, flipMiddle, halve, overwrite } from "../damage.ts";
import { empty, fault, garbage, inClones, shared, type Fault, type FaultDetails } from "./fault.ts";
import { git } from "../real-pool.ts";
import type { SlotPlace } from "../slot-place.ts";

export const packFaults: readonly Fault[] = [
  fault(
    "pack cut in half",
    "pack_corrupt",
    (slot) => {
      halve(slot.pack());
    },
    shared,
  ),
  fault(
    "pack flipped in its middle",
    "pack_corrupt",
    (slot) => {
      flipMiddle(slot.pack());
    },
    { ...shared, depth: "full" },
  ),
  fault(
    "pack flipped at its end",
    "pack_corrupt",
    (slot) => {
      const content = readFileSync(slot.pack());
      content[content.length - 1] = (content.at(-1) ?? 0) ^ 1;
      overwrite(slot.pack(), content);
    },
    shared,
  ),
  fault(
    "pack that claims 4,294,967,295 objects",
    "pack_corrupt",
    (slot) => {
      const content = readFileSync(slot.pack());
      content.writeUInt32BE(0xffffffff, 8);
      overwrite(slot.pack(), content);
    },
    shared,
  ),
  fault(
    "pack missing, its index there",
    "pack_missing",
    (slot) => {
      rmSync(slot.pack());
    },
    shared,
  ),
  fault(
    "pack index missing",
    "pack_index_missing",
    (slot) => {
      rmSync(slot.pack("idx"));
    },
    shared,
  ),
  fault(
    "pack index cut in half",
    "pack_index_corrupt",
    (slot) => {
      halve(slot.pack("idx"));
    },
    shared,
  ),
  fault(
    "pack index empty",
    "pack_index_corrupt",
    (slot) => {
      overwrite(slot.pack("idx"), empty);
    },
    shared,
  ),
  fault(
    "pack index flipped in its middle",
    "pack_index_corrupt",
    (slot) => {
      flipMiddle(slot.pack("idx"));
    },
    shared,
  ),
  fault(
    "alternates lead to nothing, and are needed",
    "alternates_broken",
    (slot) => {
      const elsewhere = join(slot.pool.root, "borrowed");
      cpSync(join(slot.commonDirectory, "objects"), elsewhere, { recursive: true });
      rmSync(join(slot.commonDirectory, "objects", "pack"), { recursive: true });
      mkdirSync(join(slot.commonDirectory, "objects", "info"), { recursive: true });
      overwrite(join(slot.commonDirectory, "objects", "info", "alternates"), `${elsewhere}\n`);
      rmSync(elsewhere, { recursive: true });
    },
    { ...shared, depth: "plumbing" },
  ),
  fault(
    "shallow file garbage",
    "shallow_invalid",
    (slot) => {
      overwrite(join(slot.commonDirectory, "shallow"), garbage);
    },
    shared,
  ),
  fault(
    "commit-graph flipped",
    "commit_graph_corrupt",
    (slot) => {
      slot.run("commit-graph", "write", "--reachable");
      flipMiddle(join(slot.commonDirectory, "objects", "info", "commit-graph"));
    },
    shared,
  ),
  fault(
    "commit-graph cut in half",
    "commit_graph_corrupt",
    (slot) => {
      slot.run("commit-graph", "write", "--reachable");
      const path = join(slot.commonDirectory, "objects", "info", "commit-graph");
      chmodSync(path, 0o644);
      halve(path);
    },
    shared,
  ),
  fault(
    "multi-pack-index flipped",
    "multi_pack_index_corrupt",
    (slot) => {
      slot.run("multi-pack-index", "write");
      flipMiddle(join(slot.commonDirectory, "objects", "pack", "multi-pack-index"));
    },
    shared,
  ),
];

/** Everything is in one pack, so that its damage reaches work that is nowhere else. */
const whole = (
  name: string,
  reason: Fault["reason"],
  damage: (slot: SlotPlace) => void,
  details: FaultDetails = shared,
): Fault =>
  fault(
    `everything in one pack, ${name}`,
    reason,
    (slot) => {
      slot.packAll();
      damage(slot);
    },
    details,
  );

export const wholePackFaults: readonly Fault[] = [
  whole(
    "cut in half",
    "pack_corrupt",
    (slot) => {
      halve(slot.pack());
    },
    inClones,
  ),
  whole(
    "flipped in its middle",
    "pack_corrupt",
    (slot) => {
      flipMiddle(slot.pack());
    },
    { ...inClones, depth: "full" },
  ),
  whole("flipped at its end", "pack_corrupt", (slot) => {
    flipEnd(slot.pack());
  }),
  whole("its index missing", "pack_index_missing", (slot) => {
    rmSync(slot.pack("idx"));
  }),
  whole("its index cut in half", "pack_index_corrupt", (slot) => {
    halve(slot.pack("idx"));
  }),
  whole("its index empty", "pack_index_corrupt", (slot) => {
    overwrite(slot.pack("idx"), empty);
  }),
  fault("the store that it borrows from is gone", "alternates_broken", loseAlternates, {
    ...inClones,
    depth: "plumbing",
  }),
];

/** As after `git clone --shared`, once the repository that was shared is removed. */
function loseAlternates(slot: SlotPlace): void {
  const mirror = join(slot.pool.root, "mirror.git");
  git(slot.pool.root, "clone", "-q", "--bare", slot.pool.url, mirror);
  overwrite(join(slot.commonDirectory, "objects", "info", "alternates"), `${join(mirror, "objects")}\n`);
  slot.run("repack", "-adlq");
  rmSync(mirror, { recursive: true });
}
