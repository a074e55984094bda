import { AsyncLocalStorage } from "node:async_hooks";

/** What every git command of a run has in common, however deep in the call it is started. */
export interface GitScope {
  /**
   * Open files that the commands inherit: locks on them stay held until the last command has ended, also if this
   * process is killed before.
   */
  readonly inheritedDescriptors: readonly number[];
  /** The run's id, in the environment of each command: it tells orphans of a dead run from everybody else's processes. */
  readonly recoveryId: string;
  /** When every command is ended, in milliseconds of `performance.now()`, whatever time it may take itself. */
  readonly endsAt?: number;
  /** Called with each process group, so that the journal can name what goes on writing if we die. */
  readonly onStarted?: (processGroup: number) => void;
}

/** The environment variable that carries `recoveryId`. */
export const recoveryIdVariable = "REPO_POOL_SIDECAR_RECOVERY_ID";

const scopes = new AsyncLocalStorage<GitScope>();

/**
 * Everything that `task` starts belongs to the scope; an inner scope adds its descriptors to the outer one's, and ends with it
 * at the latest.
 */
export function withGitScope<T>(scope: GitScope, task: () => T): T {
  const outer = scopes.getStore();
  const inheritedDescriptors = [
    ...new Set([...(outer?.inheritedDescriptors ?? []), ...scope.inheritedDescriptors]),
  ];
  const endsAt = Math.min(outer?.endsAt ?? Infinity, scope.endsAt ?? Infinity);
  return scopes.run({ ...scope, inheritedDescriptors, endsAt }, task);
}

export function currentGitScope(): GitScope | undefined {
  return scopes.getStore();
}
