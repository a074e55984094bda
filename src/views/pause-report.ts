import type { Pause } from "../recovery/guards/pauses.ts";

export type PauseReport = ReturnType<typeof createPauseReport>;

/** What `pause --json` prints of each pause. */
export function createPauseReport(pause: Pause) {
  return {
    name: pause.name,
    reason: pause.reason,
    operator: pause.operator,
    expires_at: pause.expiresAt?.toISOString() ?? null,
    pool: pause.pool ?? null,
    slot_id: pause.slotId ?? null,
  };
}
