import type { SidecarConfig } from "../config/sidecar-config.ts";
import { PoolManager, type SnapshotScope } from "../pool-manager.ts";
import { checkExitCode, createCheckReport, type CheckReport } from "../views/check-report.ts";

export interface CheckResult {
  readonly report: CheckReport;
  readonly exitCode: 0 | 1 | 3;
}

/** Looks at the pools and changes nothing. `onProgress` hears how many of the deep checks are done. */
export async function runCheck(
  config: SidecarConfig,
  scope: SnapshotScope,
  onProgress: (doneCount: number, totalCount: number) => void = () => undefined,
): Promise<CheckResult> {
  const manager = new PoolManager({ config });
  if (scope.pool !== undefined) await manager.getPool(scope.pool);
  const snapshot = await manager.snapshot(scope, { onProgress });
  return { report: createCheckReport(snapshot), exitCode: checkExitCode(snapshot) };
}
