import { asError } from "../platform/coded-error.ts";
import { countOf } from "../platform/count-of.ts";
import type { CloneBudget, PlannedClone } from "../recovery/guards/clone-budget.ts";
import type { Refusal } from "../recovery/refusal.ts";
import type { Database } from "./database.ts";
import type { FleetLink } from "./fleet-link.ts";
import { fleetSchema } from "./fleet-schema.ts";

export interface FleetCloneBudgetOptions {
  readonly link: Pick<FleetLink, "use">;
  readonly sidecar: string;
  /** Clones of all hosts within an hour; undefined while nothing bounds them. */
  budgetPerHour(): number | undefined;
}

/** One claim at a time over all hosts; the number is only ours. */
const advisoryLock = 7_304_110_470;

/** Claims that no longer count, and those that a clock left in the future before it was set back. */
const forget = `delete from ${fleetSchema}.clone
where begun_at not between clock_timestamp() - interval '1 hour' and clock_timestamp()`;

const claim = `insert into ${fleetSchema}.clone (sidecar, slot_id, recovery_id, begun_at)
select $1, $2, $3, clock_timestamp() where (select count(*) from ${fleetSchema}.clone) < $4
returning begun_at`;

/** `fleet.budget_per_hour`: clones that the hosts of a fleet begin within an hour, counted in PostgreSQL. */
export class FleetCloneBudget implements CloneBudget {
  readonly #options: FleetCloneBudgetOptions;

  constructor(options: FleetCloneBudgetOptions) {
    this.#options = options;
  }

  /** While PostgreSQL does not answer, nothing is cloned: the clones of the other hosts are unknown. */
  async claim(clone: PlannedClone): Promise<Refusal | undefined> {
    const budgetPerHour = this.#options.budgetPerHour();
    if (budgetPerHour === undefined) return undefined;
    try {
      const isClaimed = await this.#options.link.use((database) =>
        claimClone(database, { ...clone, sidecar: this.#options.sidecar, budgetPerHour }),
      );
      if (isClaimed) return undefined;
      const detail = `the fleet has begun ${countOf(budgetPerHour, "clone")} within an hour, the limit of fleet.budget_per_hour`;
      return { reason: "budget", detail };
    } catch (thrown) {
      const detail = `fleet.budget_per_hour could not be checked: ${asError(thrown).message}`;
      return { reason: "budget", detail };
    }
  }
}

/** False if the budget is used up. */
async function claimClone(
  database: Pick<Database, "transaction">,
  clone: PlannedClone & { readonly sidecar: string; readonly budgetPerHour: number },
): Promise<boolean> {
  return database.transaction(async (transaction) => {
    await transaction.query("select pg_advisory_xact_lock($1)", [advisoryLock]);
    await transaction.query(forget);
    const { sidecar, slotId, recoveryId, budgetPerHour } = clone;
    return (await transaction.query(claim, [sidecar, slotId, recoveryId, budgetPerHour])).length > 0;
  });
}
