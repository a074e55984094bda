import { join } from "node:path";
import type { GitDirectories } from "../../git/git-directory.ts";
import { readHead } from "../../git/refs/head.ts";
import { listLooseRefs, readLooseRef, readPackedRefs } from "../../git/refs/refs.ts";
import { readReflog } from "../../git/refs/reflog.ts";

/** Everything that a repository's own files say it holds: where `git fsck` would begin its walk. */
export interface RepositoryTips {
  /** Object id by the full name of the ref. */
  readonly refs: ReadonlyMap<string, string>;
  /** The commit of a detached HEAD. */
  readonly head: string | undefined;
  /** Object ids by the path of the reflog. */
  readonly reflogs: ReadonlyMap<string, readonly string[]>;
}

export function readRepositoryTips({ gitDirectory, commonDirectory }: GitDirectories): RepositoryTips {
  const packed = readPackedRefs(commonDirectory);
  const refs = new Map(packed.kind === "valid" ? packed.refs : []);
  for (const name of listLooseRefs(commonDirectory)) {
    const ref = readLooseRef(commonDirectory, name);
    if (ref.kind === "commit") refs.set(name, ref.objectId);
  }
  const head = readHead(gitDirectory);
  const logs = [
    ...listLooseRefs(commonDirectory, "logs/refs").map((name) => join(commonDirectory, name)),
    join(gitDirectory, "logs", "HEAD"),
  ];
  const reflogs = new Map(logs.map((path) => [path, listReflogIds(path)] as const));
  return { refs, head: head.kind === "detached" ? head.commit : undefined, reflogs };
}

function listReflogIds(path: string): string[] {
  return readReflog(path)
    .flatMap(({ oldId, newId }) => [oldId, newId])
    .filter((id) => !isNullId(id));
}

export function isNullId(id: string): boolean {
  return /^0+$/.test(id);
}

/** Each object id once. */
export function listTipIds(tips: RepositoryTips): string[] {
  const head = tips.head === undefined ? [] : [tips.head];
  return [...new Set([...tips.refs.values(), ...head, ...[...tips.reflogs.values()].flat()])];
}
