import type { Slot } from "../pool/pool.ts";
import type { Finding, UnsavedWorkKind } from "./finding.ts";

/** A lock file that git left or holds inside a slot's repository. */
export interface GitLock {
  readonly path: string;
  readonly modifiedAt: Date;
  readonly inode: number;
}

/** Facts about one slot; no judgement. */
export interface SlotInspection {
  readonly slot: Slot;
  readonly inspectedAt: Date;
  readonly findings: readonly Finding[];
  readonly gitLocks: readonly GitLock[];
  readonly branch: string | undefined;
  readonly commit: string | undefined;
  /** A format that this program cannot read: nothing is judged. */
  readonly unsupported: string | undefined;
  /** Newest of reflog, index and heartbeat. */
  readonly lastActivityAt: Date | undefined;
  /** Processes whose working directory is inside the slot; undefined where they cannot be seen. */
  readonly processes: readonly { readonly pid: number; readonly command: string }[] | undefined;
  readonly heartbeatAt: Date | undefined;
  readonly unsavedWork: readonly UnsavedWorkKind[] | undefined;
}
