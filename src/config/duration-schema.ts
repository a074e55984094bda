import { z } from "zod";
import { Duration, durationPattern, parseDurationSeconds } from "./duration.ts";

/** Times that are reckoned from it stay within what a date can be. */
const mostDays = 36_500;
const aDuration = "expected a duration such as 90s, 10m, 1h or 7d";
/** `90s`, `10m`, `1h` or `7d`. */
export const durationSchema = z
  .string({ error: aDuration })
  .transform((written, context) => {
    const seconds = parseDurationSeconds(written);
    const isTooLong = seconds !== undefined && seconds > mostDays * 86_400;
    if (seconds !== undefined && !isTooLong) return new Duration(seconds);
    context.addIssue({ code: "custom", message: isTooLong ? `expected at most ${mostDays}d` : aDuration });
    return z.NEVER;
  })
  .meta({ pattern: durationPattern.source });
