import { fleetMetrics } from "./catalogue.ts";
import { sample, toTimestampSeconds, type Sample } from "./sample.ts";

/** What waits for one host of a fleet. */
export interface FleetQueueState {
  readonly sidecar: string;
  readonly depth: number;
  readonly oldestAt: Date | undefined;
}

export interface FleetState {
  /** Undefined if there is no fleet. */
  readonly isUp: boolean | undefined;
  readonly queues: readonly FleetQueueState[];
}

export const noFleet: FleetState = { isUp: undefined, queues: [] };

export function* sampleFleet({ isUp, queues }: FleetState): Generator<Sample> {
  if (isUp !== undefined) yield sample(fleetMetrics.fleetUp, isUp ? 1 : 0);
  for (const { sidecar, depth, oldestAt } of queues) {
    yield sample(fleetMetrics.fleetQueueDepth, depth, { sidecar });
    if (oldestAt !== undefined)
      yield sample(fleetMetrics.fleetQueueOldestAt, toTimestampSeconds(oldestAt), { sidecar });
  }
}
