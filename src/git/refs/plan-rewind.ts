import { isNullId } from "../objects/object-id.ts";
import { dropReflogEntries, type ReflogEntry } from "./reflog.ts";
import type { RepositoryTips } from "./tips.ts";

export interface RewindFacts {
  readonly tips: RepositoryTips;
  /** Objects below which nothing is missing. */
  readonly whole: ReadonlySet<string>;
  /** The ref that HEAD names, if it names one. */
  readonly currentRef: string | undefined;
  /** What the remote says now, by its own names; empty if it was not asked. */
  readonly remoteRefs: ReadonlyMap<string, string>;
  readonly headLogPath: string;
  readonly reflogPath: (ref: string) => string;
}

/** How refs and reflogs step back to what is whole. `undefined` for a ref without a whole object. */
export interface RewindPlan {
  readonly refs: ReadonlyMap<string, string | undefined>;
  readonly head: string | undefined;
  readonly reflogs: ReadonlyMap<string, readonly ReflogEntry[]>;
  /** True if HEAD would lead nowhere. */
  readonly losesHead: boolean;
}

/** Pure: which ref goes back to which object, newest first, and which reflog lines name what is lost. */
export function planRewind(facts: RewindFacts): RewindPlan {
  const { tips, whole } = facts;
  const isWhole = (id: string): boolean => whole.has(id);
  const broken = [...tips.refs].filter(([, id]) => !isWhole(id));
  const refs = new Map(broken.map(([name]) => [name, findWhole(name, facts)] as const));
  const isHeadBroken = tips.head !== undefined && !isWhole(tips.head);
  const head = isHeadBroken ? newestWhole(facts.tips.reflogs.get(facts.headLogPath), isWhole) : tips.head;
  const { currentRef } = facts;
  const isBranchLost = currentRef !== undefined && refs.has(currentRef) && refs.get(currentRef) === undefined;
  return {
    refs,
    head,
    reflogs: dropLost(facts, isWhole),
    losesHead: (isHeadBroken && head === undefined) || isBranchLost,
  };
}

function findWhole(ref: string, facts: RewindFacts): string | undefined {
  const isWhole = (id: string): boolean => facts.whole.has(id);
  const own = facts.tips.reflogs.get(facts.reflogPath(ref)) ?? [];
  // A bare repository keeps no reflog of its branches: HEAD's own speaks for the one that is checked out.
  const log = own.length === 0 && facts.currentRef === ref ? facts.tips.reflogs.get(facts.headLogPath) : own;
  return newestWhole(log, isWhole) ?? findRemote(ref, facts);
}

function newestWhole(
  log: readonly ReflogEntry[] | undefined,
  isWhole: (id: string) => boolean,
): string | undefined {
  const ids = (log ?? []).flatMap(({ oldId, newId }) => [oldId, newId]);
  return ids.findLast(isWhole);
}

/** What the remote has under the same name; for the current branch, what its own HEAD says. */
function findRemote(ref: string, { tips, remoteRefs, currentRef, whole }: RewindFacts): string | undefined {
  const branch = ref.replace(/^refs\/(?:heads|remotes\/origin)\//, "");
  const isTag = ref.startsWith("refs/tags/");
  const candidates = isTag
    ? [remoteRefs.get(ref)]
    : [
        remoteRefs.get(`refs/heads/${branch}`),
        tips.refs.get(`refs/remotes/origin/${branch}`),
        ...(ref === currentRef ? [remoteRefs.get("HEAD"), tips.refs.get("refs/remotes/origin/HEAD")] : []),
      ];
  return candidates.find((id) => id !== undefined && whole.has(id));
}

function dropLost(facts: RewindFacts, isWhole: (id: string) => boolean): Map<string, readonly ReflogEntry[]> {
  const changed = [...facts.tips.reflogs].flatMap(([path, entries]) => {
    const isSound = entries.every(({ oldId, newId }) =>
      [oldId, newId].every((id) => isNullId(id) || isWhole(id)),
    );
    const kept = dropReflogEntries(entries, isWhole);
    return isSound ? [] : [[path, kept] as const];
  });
  return new Map(changed);
}
