import { randomUUID } from "node:crypto";

/** A name for what one step makes and puts aside, unique in time. */
export function createStamp(now: Date): string {
  return `${now.toISOString().replace(/[:.]/g, "-")}-${randomUUID().slice(0, 8)}`;
}
