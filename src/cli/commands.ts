import type { Subcommand } from "./subcommand.ts";

export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  /** Loads the command's file, so that a subcommand costs only what it needs. */
  readonly load: () => Promise<Subcommand>;
}

export const commands: readonly CommandEntry[] = [
  {
    name: "check",
    summary: "detect anomalies, change nothing",
    load: async () => (await import("./check.ts")).checkCommand,
  },
  {
    name: "recover",
    summary: "recover one slot, or everything that can be recovered safely",
    load: async () => (await import("./recover.ts")).recoverCommand,
  },
  {
    name: "isolate",
    summary: "take a slot out of rotation",
    load: async () => (await import("./isolate.ts")).isolateCommand,
  },
];
