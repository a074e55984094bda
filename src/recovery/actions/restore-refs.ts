import { join, relative } from "node:path";
import type { GitDirectories } from "../../git/git-directory.ts";
import { isRefName, readHead } from "../../git/head.ts";
import { ObjectStore } from "../../git/object-store.ts";
import { listLooseRefs } from "../../git/refs.ts";
import { locateRepository } from "../../inspection/worktree-links.ts";
import { readEntry } from "../../platform/regular-file.ts";
import type { ActionResult, RecoveryContext } from "../recovery-context.ts";
import { readReflog } from "../reflog.ts";
import { moveAside, replaceFile } from "../replace-file.ts";

const refCodes = ["ref_invalid", "ref_target_missing"];

/** Rung 5: gives a damaged or lost ref the newest object of its reflog that is still there. */
export function restoreRefs(context: RecoveryContext): ActionResult {
  const { directories } = locateRepository(context.slot, context.pool.directory);
  if (directories === undefined) return { outcome: "no_effect", detail: "the slot has no repository" };
  const restored = findDamagedRefs(context, directories)
    .map((ref) => restoreRef(context, directories, ref))
    .filter((detail) => detail !== undefined);
  return restored.length > 0
    ? { outcome: "done", detail: restored.join("; ") }
    : { outcome: "no_effect", detail: "no damaged ref has a usable reflog" };
}

/** In a worktree pool the refs are shared: only the slot's own branch is this slot's to repair. */
function findDamagedRefs({ inspection, slot }: RecoveryContext, directories: GitDirectories): string[] {
  const own = currentRef(directories);
  const names = inspection.findings.flatMap(({ code, path }) => {
    if (code === "head_branch_lost") return own === undefined ? [] : [own];
    return refCodes.includes(code) ? [relative(directories.commonDirectory, path)] : [];
  });
  const refs = [...new Set(names)].filter((name) => isRefName(name));
  return slot.layout === "clone" ? refs : refs.filter((name) => name === own);
}

function currentRef({ gitDirectory }: GitDirectories): string | undefined {
  const head = readHead(gitDirectory);
  return head.kind === "branch" ? head.ref : undefined;
}

function restoreRef(context: RecoveryContext, directories: GitDirectories, ref: string): string | undefined {
  const path = join(directories.commonDirectory, ref);
  // A folder of that name may hold other branches, and a lock means that git is writing the ref now.
  if (listLooseRefs(directories.commonDirectory, ref).length > 0) return undefined;
  if (readEntry(`${path}.lock`).kind !== "missing") return undefined;
  const objectId = findNewestObject(directories, ref);
  if (objectId !== undefined) return `${replaceFile(context, path, `${objectId}\n`)} from its reflog`;
  if (!ref.startsWith("refs/remotes/")) return undefined;
  // The next fetch writes it again, and until then it would break that fetch.
  moveAside(context, path);
  return `moved aside ${path}`;
}

/** HEAD's own reflog speaks for the current branch where that branch has none, as in a bare shared repository. */
function findNewestObject(directories: GitDirectories, ref: string): string | undefined {
  const { gitDirectory, commonDirectory } = directories;
  const objects = join(commonDirectory, "objects");
  const own = readReflog(join(commonDirectory, "logs", ref));
  const isOnRef = own.length === 0 && currentRef(directories) === ref;
  const newest = (isOnRef ? readReflog(join(gitDirectory, "logs", "HEAD")).slice(-1) : own).map(
    ({ newId }) => newId,
  );
  return newest.findLast((id) => new ObjectStore(objects, id.length === 64 ? 32 : 20).has(id));
}
