import type { SidecarConfig } from "../config/sidecar-config.ts";
import { writeHeartbeat } from "../inspection/heartbeats.ts";
import { systemClock } from "../platform/clock.ts";
import { PoolManager } from "../pool-manager.ts";

export interface HeartbeatResult {
  readonly slot_id: string;
  readonly heartbeat_at: string;
}

/** Says that a slot's agent works now. @throws UsageError `SLOT_UNKNOWN`; the system's error where it cannot be kept. */
export function runHeartbeat(config: SidecarConfig, slotId: string): HeartbeatResult {
  new PoolManager({ config }).requireSlot(slotId);
  const now = systemClock.now();
  writeHeartbeat(config.stateDir, slotId, now);
  return { slot_id: slotId, heartbeat_at: now.toISOString() };
}
