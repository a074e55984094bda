import { listPauses, runPause, runResume, type PrintedPause } from "./run-pauses.ts";
import { parseDurationSeconds } from "../config/duration.ts";
import { UsageError } from "../platform/coded-error.ts";
import { configOf, printResult, type CommandContext, type CommonOptions } from "./program/command-context.ts";
import { printable, printableLines } from "./terminal/printable.ts";

export interface PauseOptions extends CommonOptions {
  readonly reason?: string;
  readonly for?: string;
  readonly pool?: string;
  readonly slot?: string;
}

/** Without a name: the pauses in force. */
export async function pause(
  name: string | undefined,
  options: PauseOptions,
  context: CommandContext,
): Promise<void> {
  const config = await configOf(options, context);
  if (name === undefined) {
    const pauses = listPauses(config);
    printResult(pauses, options, context, () =>
      pauses.length === 0 ? "nothing is paused" : printableLines(pauses.map(describePause)),
    );
    return;
  }
  if (options.reason === undefined) throw new UsageError("OPTION_MISSING", "a pause needs --reason TEXT");
  const paused = await runPause(config, {
    name,
    reason: options.reason,
    expiresAt: endOf(options.for),
    pool: options.pool,
    slotId: options.slot,
  });
  printResult(paused, options, context, () => printable(describePause(paused)));
}

export async function resume(name: string, options: CommonOptions, context: CommandContext): Promise<void> {
  await runResume(await configOf(options, context), name);
  printResult({ resumed: name }, options, context, () => printable(`${name} has ended`));
}

function endOf(duration: string | undefined): Date | undefined {
  if (duration === undefined) return undefined;
  const seconds = parseDurationSeconds(duration);
  if (seconds === undefined || seconds <= 0)
    throw new UsageError(
      "OPTION_INVALID",
      `--for ${duration}: expected a duration such as 90s, 10m, 1h or 7d`,
    );
  return new Date(Date.now() + seconds * 1000);
}

function describePause({ name, reason, operator, expires_at, pool, slot_id }: PrintedPause): string {
  const what = slot_id ?? (pool === null ? "everything" : `pool ${pool}`);
  const end = expires_at === null ? "until resumed" : `until ${expires_at}`;
  return `${name}: ${what} ${end}: ${reason} (${operator})`;
}
