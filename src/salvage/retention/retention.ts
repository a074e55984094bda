import { secondsBetween } from "../../platform/clock.ts";
import type { KeptWork } from "../salvage-store.ts";

export interface RetentionLimits {
  readonly maxAgeSeconds: number;
  /** Never removed before this age. */
  readonly minAgeSeconds: number;
  readonly maxBytes: number;
}

export interface ExpiredWork {
  readonly kept: KeptWork;
  readonly because: "max_age" | "max_bytes";
}

/** Selects what is too old, then the oldest until the rest fits. What is younger than `minAgeSeconds` always stays. */
export function selectExpired(
  kept: readonly KeptWork[],
  limits: RetentionLimits,
  now: Date,
): readonly ExpiredWork[] {
  const ageSeconds = ({ createdAt }: KeptWork): number => secondsBetween(createdAt, now);
  const oldestFirst = [...kept].sort((one, other) => one.createdAt.getTime() - other.createdAt.getTime());
  let bytes = kept.reduce((sum, each) => sum + each.bytes, 0);
  const expired: ExpiredWork[] = [];
  for (const each of oldestFirst) {
    if (ageSeconds(each) < limits.minAgeSeconds) break;
    const isOld = ageSeconds(each) > limits.maxAgeSeconds;
    if (!isOld && bytes <= limits.maxBytes) break;
    expired.push({ kept: each, because: isOld ? "max_age" : "max_bytes" });
    bytes -= each.bytes;
  }
  return expired;
}
