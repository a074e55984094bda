import type { RemediationSettings } from "./policy.ts";
import type { RecoveryRecord } from "./recovery-queue.ts";

/** A saved recovery under today's settings: a mode that became stricter also holds for what waited. */
export function admitSaved(
  record: RecoveryRecord,
  settings: Pick<RemediationSettings, "isEnabled" | "mode">,
): RecoveryRecord | undefined {
  if (record.request.trigger !== "alert") return record;
  if (!settings.isEnabled || settings.mode === "off") return undefined;
  if (settings.mode === "approve" && record.by === undefined)
    return { ...record, state: "waiting_for_approval" };
  if (settings.mode !== "dry_run") return record;
  const options = { ...record.request.options, dryRun: true };
  return { ...record, request: { ...record.request, options } };
}
