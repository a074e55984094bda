/** When a recovery that nobody has decided about stops waiting for approval. It does not run then. */
export function approvalExpiresAt(
  { queuedAt }: { readonly queuedAt: Date },
  approvalTimeoutSeconds: number,
): Date {
  return new Date(queuedAt.getTime() + approvalTimeoutSeconds * 1000);
}
