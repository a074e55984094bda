import type { SidecarConfig } from "../config/sidecar-config.ts";
import { PoolManager } from "../pool-manager.ts";
import type { RecoveryOptionsInput } from "../recovery/plan/recovery-options.ts";
import type { RecoveryReport } from "../recovery/recovery-report.ts";
import { createRecoverReport, recoverExitCode, type PrintedRecoveryReport } from "../views/recover-report.ts";

export { strategies, type RecoveryOptionsInput } from "../recovery/plan/recovery-options.ts";

export interface RecoverResult {
  readonly report: PrintedRecoveryReport;
  readonly exitCode: 0 | 1;
}

/** Without a slot: every pool that the options select. An aborted signal ends the run after the running step. */
export async function runRecover(
  config: SidecarConfig,
  request: { slotId: string | undefined; force: boolean; options: RecoveryOptionsInput },
  signal: AbortSignal,
): Promise<RecoverResult> {
  const manager = new PoolManager({ config });
  if (request.options.pool !== undefined) await manager.getPool(request.options.pool);
  const { slotId, force } = request;
  if (slotId !== undefined) await manager.getSlotStatus(slotId);
  const input = { lockTimeoutSeconds: config.recovery.lockTimeoutSeconds, ...request.options };
  const report = await manager.recover(manager.createRequest({ slotId, force, input }), { signal });
  return resultOf(report);
}

/** Takes a slot out of rotation. */
export async function runIsolate(
  config: SidecarConfig,
  slotId: string,
  reason: string,
): Promise<RecoverResult> {
  const report = await new PoolManager({ config }).isolateSlot(slotId, reason);
  const hasFailed = report.errors.length > 0 || report.actions.some(({ outcome }) => outcome !== "done");
  return { report: createRecoverReport(report), exitCode: hasFailed ? 1 : 0 };
}

function resultOf(report: RecoveryReport): RecoverResult {
  return { report: createRecoverReport(report), exitCode: recoverExitCode(report) };
}
