import { z } from "zod";
import { Duration, durationPattern, parseDurationSeconds } from "./duration.ts";

const aDuration = "expected a duration such as 90s, 10m, 1h or 7d";
/** `90s`, `10m`, `1h` or `7d`. */
export const durationSchema = z
  .string({ error: aDuration })
  .transform((written, context) => {
    const seconds = parseDurationSeconds(written);
    if (seconds !== undefined) return new Duration(seconds);
    context.addIssue({ code: "custom", message: aDuration });
    return z.NEVER;
  })
  .meta({ pattern: durationPattern.source });
