import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { flipMiddle, halve, overwrite } from "../damage.ts";
import type { SlotPlace } from "../slot-place.ts";
import { empty, fault, type Fault } from "./fault.ts";

/** Splits the index. @returns the path of the part that it shares with others */
function splitIndex(slot: SlotPlace): string {
  slot.run("update-index", "--split-index");
  writeFileSync(join(slot.path, "later.txt"), "later\n");
  slot.run("add", "later.txt");
  const name = readdirSync(slot.gitDirectory).find((each) => each.startsWith("sharedindex."));
  if (name === undefined) throw new Error("git did not split the index");
  return join(slot.gitDirectory, name);
}

/** Takes minutes to be saved, and to be read whole. */
export const largestFault = "index of 4 GiB";

export const indexFaults: readonly Fault[] = [
  fault("index empty", "index_corrupt", (slot) => {
    overwrite(join(slot.gitDirectory, "index"), empty);
  }),
  fault("index garbage", "index_corrupt", (slot) => {
    overwrite(join(slot.gitDirectory, "index"), Buffer.concat([Buffer.from("DIRCxxxx"), Buffer.alloc(40)]));
  }),
  fault("index cut in half", "index_corrupt", (slot) => {
    halve(join(slot.gitDirectory, "index"));
  }),
  fault("index flipped in its middle", "index_corrupt", (slot) => {
    flipMiddle(join(slot.gitDirectory, "index"));
  }),
  fault(largestFault, "index_corrupt", (slot) => {
    truncateSync(join(slot.gitDirectory, "index"), 4 * 1024 ** 3);
  }),
  fault("shared part of a split index missing", "index_corrupt", (slot) => {
    rmSync(splitIndex(slot));
  }),
  fault("shared part of a split index flipped in its middle", "index_corrupt", (slot) => {
    flipMiddle(splitIndex(slot));
  }),
  fault("shared part of a split index is another index", "index_corrupt", (slot) => {
    const whole = readFileSync(join(slot.gitDirectory, "index"));
    overwrite(splitIndex(slot), whole);
  }),
  fault(
    "index missing, its files there",
    "index_missing",
    (slot) => {
      rmSync(join(slot.gitDirectory, "index"));
    },
    { depth: "plumbing" },
  ),
];
