import type { KeptWork } from "../salvage/salvage-store.ts";

/** Saved work as the page and the API show it; its content is never served. */
export interface Salvage extends KeptWork {
  /** For a shell; `DIR` is the operator's to choose. */
  readonly restoreCommand: string;
}
