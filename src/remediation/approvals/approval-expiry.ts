import type { RecoveryRecord } from "../queue/recovery-queue.ts";

/** When an approval that nobody gave is no longer waited for; undefined unless the recovery waits for one. */
export function approvalExpiresAt(
  { state, queuedAt }: Pick<RecoveryRecord, "state" | "queuedAt">,
  { approvalTimeoutSeconds }: { readonly approvalTimeoutSeconds: number },
): Date | undefined {
  if (state !== "waiting_for_approval") return undefined;
  return new Date(queuedAt.getTime() + approvalTimeoutSeconds * 1000);
}
