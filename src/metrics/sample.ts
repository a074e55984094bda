import type { MetricDefinition } from "./metric-definition.ts";

/** One line of the exposition. */
export interface Sample {
  readonly metric: MetricDefinition;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** A histogram's parts; empty for the other kinds. */
  readonly suffix: "" | "_bucket" | "_sum" | "_count";
}

export function sample(
  metric: MetricDefinition,
  value: number,
  labels: Readonly<Record<string, string>> = {},
): Sample {
  return { metric, value, labels, suffix: "" };
}

/** An instant in seconds since 1970, in UTC. */
export function toTimestampSeconds(instant: Date): number {
  return instant.getTime() / 1000;
}
