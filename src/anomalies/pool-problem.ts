import { hostProblemCodes, poolProblemCodes, type PoolProblem } from "../pool/pool.ts";
import { corruptionReasons, type CorruptionReason } from "./corruption-reason.ts";

/** A fault of the main repository of a worktree pool, with the reason that it has in a repository of one slot. */
export type MainRepositoryProblemCode = `main_repo_${CorruptionReason}`;

const mainRepositoryProblemCodes: readonly MainRepositoryProblemCode[] = corruptionReasons.map(
  (reason) => `main_repo_${reason}` as const,
);

/** Everything that a snapshot can say of a pool, or of the host: a closed set and a metric label. */
export const snapshotProblemCodes = [...poolProblemCodes, ...hostProblemCodes, ...mainRepositoryProblemCodes];
export type SnapshotProblemCode = (typeof snapshotProblemCodes)[number];
export type SnapshotProblem = PoolProblem<SnapshotProblemCode>;

/** Problems behind which the slots of a pool could not be judged. */
function hidesFaults(code: SnapshotProblemCode): boolean {
  return (
    code === "pool_metadata_invalid" ||
    code === "unread" ||
    code === "unsupported" ||
    code === "vantage_suspect" ||
    code.startsWith("main_repo_")
  );
}

/** True if something could not be read: then it may have anomalies although none was found. */
export function hasUnseen(seen: {
  readonly errors: readonly unknown[];
  readonly pools: readonly { readonly problems: readonly SnapshotProblem[] }[];
}): boolean {
  const { errors, pools } = seen;
  return errors.length > 0 || pools.some(({ problems }) => problems.some(({ code }) => hidesFaults(code)));
}
