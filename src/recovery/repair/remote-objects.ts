import type { RecoveryContext } from "../execute/recovery-context.ts";
import { copyBelow } from "../../git/objects/copy-objects.ts";
import { selectPresent, type MissingObject } from "../../git/objects/missing-objects.ts";
import { anotherRepository, readSafeUrl, runRemoteGit } from "./remote-git.ts";
import type { ScratchRepository } from "../../git/scratch/scratch-repository.ts";
import { withRepairScratch } from "./repair-scratch.ts";

export type RemoteObjects =
  | { readonly kind: "asked"; readonly remoteRefs: ReadonlyMap<string, string> }
  | { readonly kind: "failed"; readonly detail: string };

export interface Loss {
  readonly missing: readonly MissingObject[];
  /** Objects that the slot knows, of which the pool's own remote must have at least one. */
  readonly known: readonly string[];
  /** Objects below which nothing is missing. */
  readonly whole: readonly string[];
  /** Where a shallow repository ends. */
  readonly shallow: readonly string[];
}

/**
 * Fetches the pool's remote into a repository of its own, as a new clone would, and copies what is missing from there: a
 * fetch into the slot negotiates with the damaged objects and brings nothing (measured).
 */
export function copyFromRemote(
  context: RecoveryContext,
  scratch: ScratchRepository,
  loss: Loss,
): Promise<RemoteObjects> {
  return withRepairScratch(context, scratch.format, async (remote) => {
    const remoteRefs = await fetchAll(context, remote);
    if ("detail" in remoteRefs) return { kind: "failed", detail: remoteRefs.detail };
    const known = await selectPresent(remote, loss.known);
    if (loss.known.length > 0 && known.size === 0)
      return {
        kind: "failed",
        detail: anotherRepository,
      };
    const ids = loss.missing.map(({ objectId }) => objectId);
    const wanted = [...(await selectPresent(remote, ids))];
    const without = [...(await selectPresent(remote, loss.whole))];
    const ends = [...(await selectPresent(remote, loss.shallow))].map((id) => `${id}^@`);
    if (wanted.length > 0) await copyBelow(remote, { wanted, without: [...without, ...ends] }, scratch);
    // Refs of the remote may be what a broken ref goes back to.
    const tips = [...new Set(remoteRefs.values())];
    if (loss.shallow.length === 0) await copyBelow(remote, { wanted: tips, without }, scratch);
    return { kind: "asked", remoteRefs };
  });
}

async function fetchAll(
  context: RecoveryContext,
  remote: ScratchRepository,
): Promise<ReadonlyMap<string, string> | { detail: string }> {
  const safe = readSafeUrl(context);
  if ("refusal" in safe) return { detail: safe.refusal };
  const { format, directory } = remote;
  const filter = format.isPartial ? [`--filter=${format.filter ?? "blob:none"}`] : [];
  const refspecs = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"];
  const options = ["--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-gc", ...filter];
  const fetched = await runRemoteGit(context, {
    args: ["fetch", ...options, "--", safe.url, ...refspecs],
    gitDirectory: directory,
  });
  if (fetched.kind === "failed") return { detail: fetched.detail };
  const listed = await remote.run(["for-each-ref", "--format=%(objectname) %(refname)"]);
  if (listed.kind !== "done") return { detail: "what was fetched has no refs" };
  const refs = new Map(
    [...listed.stdout.matchAll(/^([0-9a-f]+) (\S+)$/gm)].map(([, id, name]) => [name ?? "", id ?? ""]),
  );
  const head = await runRemoteGit(context, {
    args: ["ls-remote", "--", safe.url, "HEAD"],
    gitDirectory: directory,
  });
  const headId = head.kind === "done" ? /^([0-9a-f]+)\tHEAD$/m.exec(head.stdout)?.[1] : undefined;
  return headId === undefined ? refs : refs.set("HEAD", headId);
}
