/** What the command line does to pools, slots, locks and saved work, for an operator whom the journal names. */
export interface PoolOperations {
  createPool(request: PoolCreation): Promise<OperationOutcome>;
  addSlot(request: PoolRequest): Promise<OperationOutcome>;
  allocate(request: PoolRequest): Promise<OperationOutcome>;
  release(request: SlotRequest): Promise<OperationOutcome>;
  removeSlot(request: SlotRequest & { readonly force: boolean }): Promise<OperationOutcome>;
  unlock(request: SlotRequest): Promise<OperationOutcome>;
  heartbeat(request: SlotRequest): Promise<OperationOutcome>;
  /** What `locks list --json` prints. */
  listLocks(): Promise<unknown>;
  cleanLocks(request: { readonly operator: string }): Promise<OperationOutcome>;
  pruneSalvages(request: { readonly operator: string; readonly dryRun: boolean }): Promise<OperationOutcome>;
}

export interface PoolRequest {
  readonly repoName: string;
  readonly operator: string;
}

export interface SlotRequest {
  readonly slotId: string;
  readonly operator: string;
}

/** What is undefined comes from pools.yaml. */
export interface PoolCreation extends PoolRequest {
  readonly repoUrl: string | undefined;
  readonly numSlots: number | undefined;
  readonly layout: "clone" | "worktree" | undefined;
}

export type OperationOutcome =
  /** The JSON that the command prints. */
  | { readonly kind: "done"; readonly answer: unknown }
  | { readonly kind: "refused"; readonly reason: string; readonly detail: string }
  | { readonly kind: "not_found"; readonly detail: string }
  | { readonly kind: "malformed"; readonly detail: string }
  /** As many operations run as may run at once. */
  | { readonly kind: "overloaded" };
