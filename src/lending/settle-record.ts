import type { GitDirectories } from "../git/git-directory.ts";
import type { Pool } from "../pool/pool.ts";
import { holdsRecord } from "../pool/layouts/layout.ts";
import { excludeRecord } from "../recovery/repair/exclude-record.ts";
import type { LendingContext, ReadableSlot } from "./lending-context.ts";

/**
 * After an allocation or a release: git is told to leave slot.json out of what `git add` takes, and what the record says
 * is remembered. @returns warnings: neither stops the slot from being used. `directories` only of a sound repository.
 */
export async function settleRecord(
  context: LendingContext,
  pool: Pool,
  slot: ReadableSlot,
  directories: GitDirectories | undefined,
): Promise<string[]> {
  const warnings: string[] = [];
  if (directories !== undefined && holdsRecord(slot)) {
    const failure = excludeRecord(directories.gitDirectory);
    if (failure !== undefined) warnings.push(failure);
  }
  const remembered = await context.knownGood.remember(pool, [{ slot, directories }], context.clock.now());
  if (remembered.kind === "unwritable") warnings.push(`not remembered: ${remembered.detail}`);
  return warnings;
}
