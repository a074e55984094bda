import type { SidecarConfig } from "../config/sidecar-config.ts";
import { PoolManager, type SnapshotScope } from "../pool-manager.ts";
import { checkExitCode, createCheckReport, type CheckReport } from "./check-report.ts";

export interface CheckResult {
  readonly report: CheckReport;
  readonly exitCode: 0 | 1 | 3;
}

/** Looks at the pools and changes nothing. */
export async function runCheck(config: SidecarConfig, scope: SnapshotScope): Promise<CheckResult> {
  const manager = new PoolManager({ config });
  if (scope.pool !== undefined) await manager.getPool(scope.pool);
  const snapshot = await manager.snapshot(scope);
  return { report: createCheckReport(snapshot), exitCode: checkExitCode(snapshot) };
}
