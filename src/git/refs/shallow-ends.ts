import { writeFileSync } from "node:fs";
import { formatShallow, parseShallow, readShallow, shallowPath } from "./shallow.ts";
import { setTips, selectPresent } from "../objects/missing-objects.ts";
import { withFsck } from "../objects/run-fsck.ts";
import type { ScratchRepository } from "../scratch/scratch-repository.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";

/** Where a shallow repository ends; `isDamaged` if its own file does not say it. */
export interface ShallowEnds {
  readonly commits: readonly string[];
  readonly isDamaged: boolean;
}

/**
 * Reads the `shallow` file. If it is damaged, its content is our copy of it, else the commits whose parents are not
 * there: that is what a shallow clone is.
 */
export async function readShallowEnds(
  scratch: ScratchRepository,
  commonDirectory: string,
  known: { readonly tipIds: readonly string[]; readonly copy: string | undefined },
): Promise<ShallowEnds> {
  const reading = readShallow(uncachedReader, commonDirectory);
  if (reading.kind === "missing") return { commits: [], isDamaged: false };
  if (reading.kind === "valid") return { commits: reading.commits, isDamaged: false };
  const copied = known.copy === undefined ? undefined : parseShallow(Buffer.from(known.copy));
  return { commits: copied ?? (await listCommitsWithoutParents(scratch, known.tipIds)), isDamaged: true };
}

async function listCommitsWithoutParents(
  scratch: ScratchRepository,
  tipIds: readonly string[],
): Promise<string[]> {
  setTips(scratch, [...(await selectPresent(scratch, tipIds))]);
  const checked = await withFsck(scratch, (fsck) => fsck(["--connectivity-only"]));
  if (checked.kind !== "failed") return [];
  const broken = checked.stdout.matchAll(/^broken link from +commit ([0-9a-f]+)\n +to +commit [0-9a-f]+$/gm);
  return [...new Set([...broken].map(([, id]) => id ?? ""))];
}

export function setShallowEnds(scratch: ScratchRepository, { commits }: ShallowEnds): void {
  if (commits.length > 0) writeFileSync(shallowPath(scratch.directory), formatShallow(commits));
}
