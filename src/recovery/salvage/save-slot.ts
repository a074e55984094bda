import { constants, cpSync, mkdirSync, renameSync } from "node:fs";
import { basename, join } from "node:path";
import { asError } from "../../platform/coded-error.ts";
import { formatJson, syncDirectory, writeFileAtomic } from "../../platform/atomic-file.ts";
import { readEntry } from "../../platform/regular-file.ts";
import type { RecoveryContext } from "../recovery-context.ts";

export type SalvageResult =
  | { readonly kind: "saved"; readonly salvageId: string }
  | { readonly kind: "incomplete"; readonly detail: string };

/**
 * Copies a slot whole, repository and work tree, before a step that could lose something. Links and modes are kept,
 * nothing is followed; a socket or a FIFO holds no work and is left out.
 */
export function saveSlot(context: RecoveryContext, reason: string): SalvageResult {
  const salvageId = `${context.stamp}-${context.slot.slotId}`;
  const folder = join(context.stateDir, "salvage", salvageId);
  const incoming = `${folder}.incoming`;
  try {
    mkdirSync(incoming, { recursive: true, mode: 0o700 });
    cpSync(context.slot.path, join(incoming, basename(context.slot.path)), {
      recursive: true,
      verbatimSymlinks: true,
      preserveTimestamps: true,
      mode: constants.COPYFILE_FICLONE,
      filter: (source) => ["file", "directory", "link"].includes(readEntry(source).kind),
    });
    writeFileAtomic(join(incoming, "manifest.json"), formatJson(describeSalvage(context, salvageId, reason)));
    renameSync(incoming, folder);
    syncDirectory(join(context.stateDir, "salvage"));
    return { kind: "saved", salvageId };
  } catch (error) {
    return {
      kind: "incomplete",
      detail: `${context.slot.path} could not be saved: ${asError(error).message}`,
    };
  }
}

function describeSalvage(context: RecoveryContext, salvageId: string, reason: string): object {
  return {
    schema_version: 1,
    id: salvageId,
    slot_id: context.slot.slotId,
    repo_name: context.pool.repoName,
    created_at: context.clock.now().toISOString(),
    reason,
    complete: true,
  };
}
