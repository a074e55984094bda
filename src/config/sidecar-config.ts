import type { z } from "zod";
import type { CodeNames } from "./code-names.ts";
import type { configSchema } from "./config-schema.ts";
import type { SourceSettings } from "../pool/sources/source.ts";
import type { LendingRules } from "../lending/lending-rules.ts";

/** What the configuration file says, in the names of code. Paths are as they are written. */
export type FileSettings = CodeNames<z.output<typeof configSchema>>;

/** Every setting, with units in the names; config-schema.ts says what each means. Undefined is "none". */
export interface SidecarConfig extends Omit<FileSettings, "sources"> {
  /** Empty for the workspaces directory alone. */
  readonly sources: readonly SourceSettings[];
  readonly workspacesDir: string;
  readonly stateDir: string;
  /** Where files about work trees are kept that this user names without a configuration. */
  readonly homeStateDir: string;
  readonly poolsConfig: string;
  /** From the pool manager's pools.yaml. */
  readonly lending: LendingRules;
}
