import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ScratchRepository } from "../../git/scratch/scratch-repository.ts";

/** So many times a list is halved before the rest of it counts as unreadable. */
const mostAttempts = 2_000;

/**
 * Copies objects by their ids from one store into the scratch repository's own: an object that cannot be read is left out, and
 * what was written is read back, and indexed by the hashes of what is there. Never a link to a file of the source.
 */
export async function copyReadable(
  source: ScratchRepository,
  ids: readonly string[],
  scratch: ScratchRepository,
): Promise<void> {
  const pending = ids.length === 0 ? [] : [[...ids]];
  let attempts = 0;
  for (let part = pending.pop(); part !== undefined && attempts < mostAttempts; part = pending.pop()) {
    attempts++;
    const list = part.map((id) => `${id}\n`).join("");
    if ((await packInto(source, { args: [], list }, scratch)) || part.length === 1) continue;
    const middle = Math.ceil(part.length / 2);
    pending.push(part.slice(middle), part.slice(0, middle));
  }
}

/** Copies objects with everything below them, as far as the scratch repository does not have it. */
export function copyBelow(
  source: ScratchRepository,
  { wanted, without }: { wanted: readonly string[]; without: readonly string[] },
  scratch: ScratchRepository,
): Promise<boolean> {
  const list = [...wanted, ...without.map((revision) => `^${revision}`)].map((line) => `${line}\n`).join("");
  const missing = source.format.isPartial ? ["--missing=allow-promisor"] : [];
  return packInto(source, { args: ["--revs", ...missing], list }, scratch);
}

async function packInto(
  source: ScratchRepository,
  { args, list }: { args: readonly string[]; list: string },
  scratch: ScratchRepository,
): Promise<boolean> {
  const prefix = join(scratch.objects, "pack", "pack");
  const packed = await source.run(["pack-objects", "--quiet", "--window=0", ...args, prefix], {
    input: list,
  });
  const name = packed.kind === "done" ? /^[0-9a-f]+$/m.exec(packed.stdout)?.[0] : undefined;
  if (name === undefined) return false;
  const check = join(scratch.directory, "check.idx");
  const verified = await source.run(["index-pack", "-o", check, `${prefix}-${name}.pack`]);
  if (verified.kind === "done") {
    // The first index has the names that were asked for; this one has the hashes of what is in the pack.
    renameSync(check, `${prefix}-${name}.idx`);
    // Objects that a partial clone's remote promised stay promised: what they lead to may be absent.
    if (source.format.isPartial) writeFileSync(`${prefix}-${name}.promisor`, "");
    return true;
  }
  rmSync(check, { force: true });
  for (const ending of ["pack", "idx", "rev"]) rmSync(`${prefix}-${name}.${ending}`, { force: true });
  return false;
}
