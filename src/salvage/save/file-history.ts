import { writeFileSync } from "node:fs";
import { writeText } from "../../platform/write-text.ts";
import type { ObjectType } from "../../git/objects/object-batch.ts";
import { listReachable } from "../../git/objects/pack-copies.ts";
import { readObjectLinks } from "../../git/objects/object-links.ts";
import { formatRefFile, headPath } from "../../git/refs/head.ts";
import { formatPackedRefs, packedRefsPath } from "../../git/refs/packed-refs.ts";
import { formatShallow, shallowPath } from "../../git/refs/shallow.ts";
import type { NamedTip, WorkTips } from "../../git/refs/tips.ts";
import type { ScratchRepository } from "../../git/scratch/scratch-repository.ts";
import type { Base } from "../bases/base-store.ts";

/** What a salvage's repository holds once its objects are there and have names again. */
export interface FiledHistory {
  readonly types: ReadonlyMap<string, ObjectType>;
  readonly blobBytes: ReadonlyMap<string, number>;
  readonly refs: readonly NamedTip[];
  /** Names whose objects are not in the salvage: they are on the remote, or could not be read. */
  readonly otherRefs: readonly NamedTip[];
  readonly stashes: WorkTips["stashes"];
  /** The commit that the agent worked on, if it is saved. */
  readonly commit: string | undefined;
  /** What the saved commits name and the salvage does not have. */
  readonly absentIds: ReadonlySet<string>;
  /** Blobs and trees that no saved commit leads to. */
  readonly unreferencedIds: readonly string[];
}

interface ArrivedObjects {
  readonly objects: Pick<FiledHistory, "types" | "blobBytes">;
  /** What of them is known to be there whole. */
  readonly base?: Base | undefined;
  /** What the slot never had; undefined if that is not known. */
  readonly absentIds?: ReadonlySet<string>;
}

const ourNamespace = "refs/salvage/";

/** Names the saved objects, and marks as `shallow` each commit whose parents are elsewhere. */
export async function fileHistory(
  tips: WorkTips,
  { objects: { types, blobBytes }, base, absentIds }: ArrivedObjects,
  target: ScratchRepository,
): Promise<FiledHistory> {
  const { source } = target;
  const linked = [...types].flatMap(([id, type]) => (type === "commit" || type === "tag" ? [id] : []));
  const links = await readObjectLinks(source, linked);
  const isWhole = (id: string): boolean =>
    types.has(id) && (types.get(id) !== "tag" || (links.get(id) ?? []).every(isWhole));
  writeShallow(types, links, target);
  const named = nameTips(tips, isWhole);
  const lost = findLost(types, links, { named, isWhole });
  writeRefs([...named, ...lost], target);
  writeHead(tips, types, target);
  const reached = await listReachable(target, base?.commits ?? []);
  const lostId = [...reached.absent].find((id) => absentIds?.has(id) === false);
  if (lostId !== undefined) throw new Error(`object ${lostId} did not arrive in the salvage`);
  const isLoose = (id: string): boolean =>
    (types.get(id) === "blob" || types.get(id) === "tree") && base?.objectIds.has(id) !== true;
  return {
    types,
    blobBytes,
    refs: named,
    otherRefs: tips.refs.filter(({ name }) => !named.some((ref) => ref.name === savedName(name))),
    stashes: tips.stashes.filter(({ objectId }) => types.has(objectId)),
    commit: tips.commit !== undefined && types.get(tips.commit) === "commit" ? tips.commit : undefined,
    absentIds: absentIds ?? reached.absent,
    unreferencedIds: [...types.keys()].filter((id) => isLoose(id) && !reached.present.has(id)),
  };
}

function writeShallow(
  types: ReadonlyMap<string, ObjectType>,
  links: ReadonlyMap<string, readonly string[]>,
  { directory }: ScratchRepository,
): void {
  const cut = [...links].filter(([id, parents]) => {
    return types.get(id) === "commit" && parents.some((parent) => types.get(parent) !== "commit");
  });
  if (cut.length > 0) writeFileSync(shallowPath(directory), formatShallow(cut.map(([id]) => id)));
}

/** A slot's own refs below `refs/salvage/` are renamed, so that they are not taken for the sidecar's. */
function savedName(name: string): string {
  return name.startsWith(ourNamespace) ? `${ourNamespace}slot/${name.slice(ourNamespace.length)}` : name;
}

function nameTips(tips: WorkTips, isWhole: (id: string) => boolean): NamedTip[] {
  const named = new Map<string, string>();
  for (const { name, objectId } of tips.refs) if (isWhole(objectId)) named.set(savedName(name), objectId);
  const { branch, commit } = tips;
  // The branch's own file may be lost while the reflog still says where it was.
  if (branch !== undefined && commit !== undefined && isWhole(commit) && !named.has(branch)) {
    named.set(branch, commit);
  }
  const stash = tips.stashes.find(({ objectId }) => isWhole(objectId));
  if (stash !== undefined && !named.has("refs/stash")) named.set("refs/stash", stash.objectId);
  return [...named].map(([name, objectId]) => ({ name, objectId }));
}

/** Commits and tags that nothing else leads to get a name, so that git keeps them. */
function findLost(
  types: ReadonlyMap<string, ObjectType>,
  links: ReadonlyMap<string, readonly string[]>,
  known: { named: readonly NamedTip[]; isWhole: (id: string) => boolean },
): NamedTip[] {
  const reached = new Set([...links.values()].flat());
  for (const { objectId } of known.named) reached.add(objectId);
  const lost = [...links.keys()].filter((id) => !reached.has(id) && types.has(id) && known.isWhole(id));
  return lost.map((objectId) => ({ name: `${ourNamespace}lost/${objectId}`, objectId }));
}

function writeRefs(refs: readonly NamedTip[], { directory }: ScratchRepository): void {
  const byName = new Map(refs.map(({ name, objectId }) => [name, objectId]));
  writeText(packedRefsPath(directory), formatPackedRefs(byName));
}

function writeHead(
  { branch, commit }: WorkTips,
  types: ReadonlyMap<string, ObjectType>,
  { directory }: ScratchRepository,
): void {
  if (branch !== undefined) writeText(headPath(directory), formatRefFile(branch));
  else if (commit !== undefined && types.get(commit) === "commit") {
    writeText(headPath(directory), formatRefFile(commit));
  }
}
