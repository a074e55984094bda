import type { RecoveryRecord } from "../queue/recovery-queue.ts";

/** When a recovery that waits for approval expires; undefined for any other. */
export function approvalExpiresAt(
  { state, queuedAt }: Pick<RecoveryRecord, "state" | "queuedAt">,
  { approvalTimeoutSeconds }: { readonly approvalTimeoutSeconds: number },
): Date | undefined {
  if (state !== "waiting_for_approval") return undefined;
  return new Date(queuedAt.getTime() + approvalTimeoutSeconds * 1000);
}
