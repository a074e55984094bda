import { writeText } from "../../platform/write-text.ts";
import { formatPackedRefs, packedRefsPath } from "../refs/packed-refs.ts";
import { readObjectTypes } from "./object-batch.ts";
import { withFsck } from "./run-fsck.ts";
import type { ScratchRepository } from "../scratch/scratch-repository.ts";

export interface MissingObject {
  readonly type: string;
  readonly objectId: string;
}

/** Gives the scratch repository a ref for each object, so that git walks from all of them. */
export function setTips(scratch: ScratchRepository, objectIds: readonly string[]): void {
  const refs = new Map(objectIds.map((id) => [`refs/tips/${id}`, id]));
  writeText(packedRefsPath(scratch.directory), formatPackedRefs(refs));
}

/** True if every object below these is there. The content of files is not read. */
export async function areWhole(scratch: ScratchRepository, objectIds: readonly string[]): Promise<boolean> {
  if (objectIds.length === 0) return true;
  const promised = scratch.format.isPartial ? ["--exclude-promisor-objects"] : [];
  const walked = await scratch.run(["rev-list", "--objects", "--quiet", ...promised, "--stdin"], {
    input: objectIds.map((id) => `${id}\n`).join(""),
  });
  return walked.kind === "done";
}

/** More broken tips than this are counted as broken without a check of each. */
const mostWalks = 400;

/** Those of the objects below which nothing is missing, found by halving. */
export async function selectWhole(
  scratch: ScratchRepository,
  objectIds: readonly string[],
): Promise<Set<string>> {
  const whole = new Set<string>();
  const pending = [[...(await selectPresent(scratch, objectIds))]];
  let walks = 0;
  for (let part = pending.pop(); part !== undefined && walks < mostWalks; part = pending.pop()) {
    walks++;
    if (await areWhole(scratch, part)) part.forEach((id) => whole.add(id));
    else if (part.length > 1) {
      const middle = Math.ceil(part.length / 2);
      pending.push(part.slice(middle), part.slice(0, middle));
    }
  }
  return whole;
}

/** Those of the objects that are there themselves. */
export async function selectPresent(
  scratch: ScratchRepository,
  objectIds: readonly string[],
): Promise<Set<string>> {
  const { types } = await readObjectTypes(scratch.source, objectIds);
  return new Set(types.keys());
}

/**
 * The objects that the tips need and that are not there, as far as they can be seen from what is: below a missing
 * commit or tree nobody knows what else is missing.
 */
export async function listMissing(
  scratch: ScratchRepository,
  tipIds: readonly string[],
): Promise<MissingObject[]> {
  const present = await selectPresent(scratch, tipIds);
  const tips = tipIds.filter((id) => !present.has(id)).map((objectId) => ({ type: "commit", objectId }));
  setTips(scratch, [...present]);
  const checked = await withFsck(scratch, (fsck) => fsck(["--connectivity-only", "--no-reflogs"]));
  if (checked.kind !== "failed") return tips;
  const below = [...checked.stdout.matchAll(/^missing (commit|tree|blob|tag) ([0-9a-f]+)$/gm)];
  return [...tips, ...below.map(([, type, id]) => ({ type: type ?? "", objectId: id ?? "" }))];
}
