import { parseDurationSeconds } from "../../config/duration.ts";
import { UsageError } from "../../platform/coded-error.ts";

/** Seconds of the duration behind an option. @throws UsageError `OPTION_INVALID` */
export function durationOf(option: string, written: string): number {
  const seconds = parseDurationSeconds(written);
  if (seconds !== undefined) return seconds;
  throw new UsageError(
    "OPTION_INVALID",
    `${option} ${written}: expected a duration such as 90s, 10m, 1h or 7d`,
  );
}

/** When what begins now and lasts as long as `--for` says is over. @throws UsageError `OPTION_INVALID` */
export function endOf(written: string, now: Date): Date {
  const seconds = durationOf("--for", written);
  if (seconds > 0) return new Date(now.getTime() + seconds * 1000);
  throw new UsageError("OPTION_INVALID", `--for ${written}: expected a duration above zero`);
}
