const secondsOf = { s: 1, m: 60, h: 3600, d: 86_400 } as const;
type DurationUnit = keyof typeof secondsOf;

/** A length of time in the configuration: in code its key ends in `Seconds`. */
export class Duration {
  readonly seconds: number;

  constructor(seconds: number) {
    this.seconds = seconds;
  }
}

export const durationPattern = /^(\d+(?:\.\d+)?)([smhd])$/;

/** Seconds of `90s`, `10m`, `1h` or `7d`; undefined if the text is no duration. */
export function parseDurationSeconds(text: string): number | undefined {
  const match = durationPattern.exec(text.trim());
  if (match === null) return undefined;
  const unit = match[2] as DurationUnit;
  return Number(match[1]) * secondsOf[unit];
}
