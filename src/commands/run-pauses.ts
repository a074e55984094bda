import { userInfo } from "node:os";
import type { SidecarConfig } from "../config/sidecar-config.ts";
import { systemClock } from "../platform/clock.ts";
import { UsageError } from "../platform/coded-error.ts";
import { PoolManager } from "../pool-manager.ts";
import { Pauses, type Pause } from "../recovery/guards/pauses.ts";
import { recordOperatorEvent } from "../journal/operator-event.ts";

export type PrintedPause = ReturnType<typeof printPause>;

export interface WantedPause {
  readonly name: string;
  readonly reason: string;
  /** Undefined lasts until somebody resumes. */
  readonly expiresAt: Date | undefined;
  readonly pool: string | undefined;
  readonly slotId: string | undefined;
}

export function listPauses(config: SidecarConfig): PrintedPause[] {
  return new Pauses(config.stateDir).list(systemClock.now()).map(printPause);
}

/**
 * @throws UsageError `PAUSE_EXPIRED`, `PAUSE_DUPLICATE`, `PAUSES_FULL`, `POOL_UNKNOWN`, `SLOT_UNKNOWN`;
 * CodedError `PAUSES_FILE_INVALID`, `STATE_FILE_BUSY`
 */
export async function runPause(config: SidecarConfig, wanted: WantedPause): Promise<PrintedPause> {
  const now = systemClock.now();
  if (wanted.expiresAt !== undefined && wanted.expiresAt <= now)
    throw new UsageError("PAUSE_EXPIRED", "the pause would already be over");
  const manager = new PoolManager({ config });
  if (wanted.pool !== undefined) await manager.getPool(wanted.pool);
  if (wanted.slotId !== undefined) await manager.getSlotStatus(wanted.slotId);
  const pause: Pause = { ...wanted, operator: commandOperator() };
  const { kind } = await new Pauses(config.stateDir).pause(pause, now);
  if (kind === "duplicate") throw new UsageError("PAUSE_DUPLICATE", `a pause named ${wanted.name} exists`);
  if (kind === "full")
    throw new UsageError("PAUSES_FULL", "there are too many pauses: resume one before you begin another");
  recordOperatorEvent(config.stateDir, {
    action: "pause",
    operator: pause.operator,
    detail: `${pause.name}: ${pause.reason}`,
    trigger: "command",
  });
  return printPause(pause);
}

/** @throws UsageError `PAUSE_UNKNOWN`; CodedError as `runPause` */
export async function runResume(config: SidecarConfig, name: string): Promise<void> {
  const { kind } = await new Pauses(config.stateDir).resume(name, systemClock.now());
  if (kind === "not_found") throw new UsageError("PAUSE_UNKNOWN", `no pause is named ${name}`);
  recordOperatorEvent(config.stateDir, {
    action: "resume",
    operator: commandOperator(),
    detail: name,
    trigger: "command",
  });
}

/** Who a command acts for: the user that runs it. */
export function commandOperator(): string {
  return `uid ${userInfo().uid}`;
}

function printPause(pause: Pause) {
  return {
    name: pause.name,
    reason: pause.reason,
    operator: pause.operator,
    expires_at: pause.expiresAt?.toISOString() ?? null,
    pool: pause.pool ?? null,
    slot_id: pause.slotId ?? null,
  };
}
