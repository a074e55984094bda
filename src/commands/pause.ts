import { commandOperator } from "../journal/command-operator.ts";
import { UsageError } from "../platform/coded-error.ts";
import type { Pause } from "../recovery/guards/pauses.ts";
import { createPauseReport, type PauseReport } from "../views/pause-report.ts";
import {
  openPools,
  printResult,
  type CommandContext,
  type CommonOptions,
} from "./program/command-context.ts";
import { withCommonOptions, withExamples, type DefineCommand } from "./program/command-definition.ts";
import { printable, printableLines } from "./terminal/printable.ts";
import { endOf } from "./program/duration-option.ts";

interface PauseOptions extends CommonOptions {
  readonly reason?: string;
  readonly for?: string;
  readonly pool?: string;
  readonly slot?: string;
}

export const definePause: DefineCommand = (command, context) => {
  withCommonOptions(command)
    .description("Hold back all recoveries, or those of a pool or a slot. Without a name, list the pauses.")
    .argument("[name]", "the name of the pause, for resume")
    .option("--reason <text>", "why; required with a name")
    .option("--for <duration>", "when it ends by itself: 90s, 10m, 1h, 7d (default: never)")
    .option("--pool <name>", "only this pool")
    .option("--slot <slot>", "only this slot")
    .action((name: string | undefined, options: PauseOptions) =>
      name === undefined ? listPauses(options, context) : pause(name, options, context),
    );
  withExamples(command, [
    ["pause disk-move --reason 'a new disk' --for 2h", "two hours without any recovery"],
    ["pause", "what is paused, by whom and why"],
  ]);
};

async function listPauses(options: PauseOptions, context: CommandContext): Promise<void> {
  const { configWithState } = await import("./program/open-directories.ts");
  const { stateDir } = await configWithState(options, context);
  const { Pauses } = await import("../recovery/guards/pauses.ts");
  const pauses = new Pauses(stateDir).list(new Date()).map(createPauseReport);
  await printResult(pauses, options, context, () =>
    pauses.length === 0 ? "nothing is paused" : printableLines(pauses.map(describePause)),
  );
}

/**
 * @throws UsageError `OPTION_MISSING`, `OPTION_INVALID`, `PAUSE_DUPLICATE`, `PAUSES_FULL`,
 * `POOL_UNKNOWN`, `SLOT_UNKNOWN`; CodedError `PAUSES_FILE_INVALID`, `STATE_FILE_BUSY`
 */
async function pause(name: string, options: PauseOptions, context: CommandContext): Promise<void> {
  const { reason, pool } = options;
  const { config, manager } = await openPools(options, context);
  if (reason === undefined) throw new UsageError("OPTION_MISSING", "a pause needs --reason TEXT");
  const now = new Date();
  const expiresAt = options.for === undefined ? undefined : endOf(options.for, now);
  if (pool !== undefined) manager.requireWatchedPool(pool);
  const slotId = options.slot === undefined ? undefined : manager.requireWatchedSlot(options.slot).slotId;
  const wanted = { name, reason, operator: commandOperator(), expiresAt, pool, slotId };
  await beginPause(wanted, { stateDir: config.stateDir, now });
  const report = createPauseReport(wanted);
  await printResult(report, options, context, () => printable(describePause(report)));
}

async function beginPause(wanted: Pause, { stateDir, now }: { stateDir: string; now: Date }): Promise<void> {
  const { Pauses } = await import("../recovery/guards/pauses.ts");
  const { recordOperatorEvent } = await import("../journal/operator-event.ts");
  const { kind } = await new Pauses(stateDir).pause(wanted, now);
  const { name, reason, operator } = wanted;
  if (kind === "duplicate") throw new UsageError("PAUSE_DUPLICATE", `a pause named ${name} exists`);
  if (kind === "full")
    throw new UsageError("PAUSES_FULL", "there are too many pauses: resume one before you begin another");
  recordOperatorEvent(stateDir, {
    action: "pause",
    operator,
    detail: `${name}: ${reason}`,
    trigger: "command",
  });
}

/** The line that `pause` prints of each pause. */
export function describePause({ name, reason, operator, expires_at, pool, slot_id }: PauseReport): string {
  const what = slot_id ?? (pool === null ? "everything" : `pool ${pool}`);
  const end = expires_at === null ? "until resumed" : `until ${expires_at}`;
  return `${name}: ${what} ${end}: ${reason} (${operator})`;
}
