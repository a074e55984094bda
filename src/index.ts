export { PoolManager } from "./pool-manager.ts";
export { SlotState, type SlotRecord, type SlotStateName } from "./pool/slot-record.ts";
export type { Pool, Slot } from "./pool/pool.ts";
export type { Anomalies, CorruptedSlot, LongAllocatedSlot, OrphanedLock } from "./anomalies/anomaly.ts";
export type { CorruptionReason } from "./anomalies/corruption-reason.ts";
export type { Snapshot } from "./anomalies/snapshot.ts";
export type { RecoveryOptions, RecoveryOptionsInput, Strategy } from "./recovery/recovery-options.ts";
export type { ActionReport, RecoveryReport } from "./recovery/recovery-report.ts";
export type { SidecarConfig } from "./config/sidecar-config.ts";
