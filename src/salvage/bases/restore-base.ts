import { rmSync } from "node:fs";
import { join } from "node:path";
import { idBytesOf } from "../../git/objects/object-id.ts";
import { copyProven, listClosure } from "../../git/objects/pack-copies.ts";
import { installObjects } from "../../git/scratch/install-objects.ts";
import { ScratchRepository } from "../../git/scratch/scratch-repository.ts";
import { asError } from "../../platform/coded-error.ts";
import { countOf } from "../../platform/count-of.ts";
import { salvageDamaged, type SalvageManifest } from "../salvage-manifest.ts";
import { commandTimeoutSeconds } from "../save/save-directory.ts";
import type { BaseRecord } from "./base-record.ts";
import { basesDirectory, lockBases } from "./base-store.ts";

/**
 * Copies the base of a salvage into a restored repository, which then borrows from nobody. Every id is computed from the
 * content again. @throws CodedError `SALVAGE_DAMAGED` if the store does not have all of it.
 */
export async function restoreBase(
  { store, commits, objects: others }: BaseRecord,
  { stateDir, gitDirectory, manifest }: { stateDir: string; gitDirectory: string; manifest: SalvageManifest },
): Promise<void> {
  const objects = join(basesDirectory(stateDir), store);
  const lock = await lockBases(stateDir);
  const directory = join(gitDirectory, "salvage", "base");
  const limits = { timeoutSeconds: commandTimeoutSeconds };
  const format = { idBytes: idBytesOf(manifest.object_format), isPartial: false };
  try {
    const borrower = new ScratchRepository(join(directory, "borrower"), format, limits);
    borrower.borrow(objects);
    const closure = await listClosure([...commits, ...others], borrower);
    // A partial clone never had these.
    if (closure.absent.size > manifest.missing_objects.count)
      throw new Error(
        `missing: ${countOf(closure.absent.size, "object")}, such as ${[...closure.absent][0] ?? ""}`,
      );
    const copy = borrower.createOther(join(directory, "copy"));
    await copyProven(closure.present, borrower, copy);
    installObjects(copy, { objects: join(gitDirectory, "objects"), within: gitDirectory });
  } catch (error) {
    throw salvageDamaged(objects, asError(error).message);
  } finally {
    rmSync(directory, { recursive: true, force: true });
    if (lock.kind === "held") lock.release();
  }
}
