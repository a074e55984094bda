import type { FleetProblem } from "../../fleet/fleet-link.ts";

/** Whether the fleet's PostgreSQL can be used: written by the host's side of the fleet, read by each collection. */
export class FleetStatus {
  #problem: FleetProblem | undefined;

  /** Undefined if it can be used, and if there is no fleet. */
  problem(): FleetProblem | undefined {
    return this.#problem;
  }

  set(problem: FleetProblem | undefined): void {
    this.#problem = problem;
  }
}
