import type { ZodType } from "zod";
import type * as answers from "./routes/answers.ts";
import type { AnswerOf } from "./routes/answers.ts";

/** What the command line does to pools, slots, locks and saved work, for an operator whom the journal names. */
export interface PoolOperations {
  createPool(request: PoolCreation): Outcome<typeof answers.createdPool>;
  addSlot(request: PoolRequest): Outcome<typeof answers.slotRecord>;
  allocate(request: PoolRequest): Outcome<typeof answers.allocation>;
  release(request: SlotRequest): Outcome<typeof answers.allocation>;
  /** Forgets a pool that was removed on purpose; refused while the pool is there. */
  forgetPool(request: PoolRequest): Outcome<typeof answers.removedPool>;
  removeSlot(request: SlotRequest & { readonly force: boolean }): Outcome<typeof answers.removedSlot>;
  isolate(request: SlotRequest & { readonly reason: string }): Outcome<typeof answers.isolatedSlot>;
  unlock(request: SlotRequest): Outcome<typeof answers.unlocked>;
  heartbeat(request: SlotRequest): Outcome<typeof answers.heartbeat>;
  /** What `locks list --json` prints. */
  listLocks(): Promise<readonly AnswerOf<typeof answers.slotLock>[]>;
  cleanLocks(request: OperatorRequest): Outcome<typeof answers.cleanedLocks>;
  pruneSalvages(request: OperatorRequest & { readonly dryRun: boolean }): Outcome<typeof answers.pruned>;
}

interface OperatorRequest {
  readonly operator: string;
}

export interface PoolRequest extends OperatorRequest {
  readonly repoName: string;
}

export interface SlotRequest extends OperatorRequest {
  readonly slotId: string;
}

/** What is left out comes from pools.yaml. */
export interface PoolCreation extends PoolRequest {
  readonly repoUrl?: string | undefined;
  readonly numSlots?: number | undefined;
  readonly layout?: "clone" | "worktree" | undefined;
}

type Outcome<Schema extends ZodType> = Promise<OperationOutcome<AnswerOf<Schema>>>;

/** `Answer` is the JSON that the command prints. */
export type OperationOutcome<Answer = unknown> =
  | { readonly kind: "done"; readonly answer: Answer }
  | { readonly kind: "refused"; readonly reason: string; readonly detail: string }
  | { readonly kind: "not_found"; readonly detail: string }
  | { readonly kind: "malformed"; readonly detail: string }
  /** As many operations run as may run at once. */
  | { readonly kind: "overloaded" };
