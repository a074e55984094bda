import { renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { overwrite } from "../damage.ts";
import { empty, fault, inWorktrees, type Fault } from "./fault.ts";

export const metadataFaults: readonly Fault[] = [
  fault("slot directory removed", "slot_missing", (slot) => {
    rmSync(slot.path, { recursive: true });
  }),
  fault(
    "slot directory is a file",
    "slot_path_invalid",
    (slot) => {
      rmSync(slot.path, { recursive: true });
      writeFileSync(slot.path, "");
    },
    inWorktrees,
  ),
  fault(
    "slot directory leads out of the pool",
    "slot_path_invalid",
    (slot) => {
      renameSync(slot.path, join(slot.pool.root, "elsewhere"));
      symlinkSync(join(slot.pool.root, "elsewhere"), slot.path);
    },
    inWorktrees,
  ),
  fault(
    "slot directory is a link to another slot",
    "slot_shared",
    (slot) => {
      rmSync(slot.path, { recursive: true });
      symlinkSync(slot.pool.slotPath(3), slot.path);
    },
    inWorktrees,
  ),
  fault("slot.json missing", "slot_json_missing", (slot) => {
    rmSync(slot.recordPath);
  }),
  fault("slot.json empty", "slot_json_invalid", (slot) => {
    overwrite(slot.recordPath, empty);
  }),
  fault("slot.json of NUL bytes", "slot_json_invalid", (slot) => {
    overwrite(slot.recordPath, Buffer.alloc(400));
  }),
  fault("slot.json cut off", "slot_json_invalid", (slot) => {
    overwrite(slot.recordPath, '{"slot_id": ');
  }),
  fault("slot.json of a wrong type", "slot_json_invalid", (slot) => {
    slot.setRecord({ allocation_count: "many" });
  }),
  fault("slot.json with an unknown state", "slot_json_invalid", (slot) => {
    slot.setRecord({ state: "weird" });
  }),
  fault("slot.json with a bad date", "slot_json_invalid", (slot) => {
    slot.setRecord({ created_at: "yesterday" });
  }),
  fault("slot.json with another slot's id", "slot_json_mismatch", (slot) => {
    slot.setRecord({ slot_id: slot.pool.slotId(3) });
  }),
  fault("slot.json with another slot's path", "slot_path_invalid", (slot) => {
    slot.setRecord({ slot_path: slot.pool.slotPath(3) });
  }),
  fault("slot.json with a NUL byte in its path", "slot_path_invalid", (slot) => {
    slot.setRecord({ slot_path: `${slot.path}\0` });
  }),
  fault("slot.json with a path outside the pool", "slot_path_invalid", (slot) => {
    slot.setRecord({ slot_path: "/etc" });
  }),
  fault("state error without isolation", "state_error", (slot) => {
    slot.setRecord({ state: "error" });
  }),
];
