import type { Command } from "commander";

/** What the program is given from outside; tests give their own. */
export interface Surroundings {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDirectory: string;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** One subcommand: its file defines the options and runs it. */
export interface Subcommand {
  /** Adds arguments, options, help and examples. */
  define(command: Command): void;
  /** @returns the exit code. */
  run(invocation: Invocation): Promise<number>;
}

export interface Invocation {
  readonly surroundings: Surroundings;
  readonly args: readonly string[];
  /** Options as commander parsed them. */
  readonly options: Readonly<Record<string, unknown>>;
}

export function textOption(invocation: Invocation, name: string): string | undefined {
  const value = invocation.options[name];
  return typeof value === "string" ? value : undefined;
}

export function numberOption(invocation: Invocation, name: string): number | undefined {
  const value = invocation.options[name];
  return typeof value === "number" ? value : undefined;
}

/** Undefined where the flag was not given. */
export function flagOption(invocation: Invocation, name: string): boolean | undefined {
  const value = invocation.options[name];
  return typeof value === "boolean" ? value : undefined;
}
