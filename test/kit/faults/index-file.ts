import { rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { flipMiddle, halve, overwrite } from "../damage.ts";
import { empty, fault, type Fault } from "./fault.ts";

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
  fault("index of 4 GiB", "index_corrupt", (slot) => {
    truncateSync(join(slot.gitDirectory, "index"), 4 * 1024 ** 3);
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
