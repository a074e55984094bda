import { createTask, parse } from "node-cron";

const minuteMilliseconds = 60_000;
/** No zone changes its clocks by more. */
const longestChangeMilliseconds = 3 * 3_600_000;
/** A zone changes its clocks at a quarter of an hour, so one answer holds for it. */
const quarterMilliseconds = 15 * minuteMilliseconds;

/**
 * When a cron expression is due by the clocks of a time zone. What falls into an hour that does not exist is due at its
 * end, and what falls into an hour that exists twice is due in the first of them; an expression that holds in every
 * hour of a day does not care.
 */
export class CronTimes {
  /** Seconds of a minute at which it can be due. */
  readonly seconds: readonly number[];
  readonly #holdsEveryHour: boolean;
  readonly #matchesLocal: (local: Date) => boolean;
  readonly #offset: (instant: number) => number;

  /** The system's time zone if undefined. The expression is valid, since the configuration was. */
  constructor(expression: string, timeZone: string | undefined) {
    const fields = parse(expression);
    this.seconds = fields.second;
    this.#holdsEveryHour = fields.hour.length === 24;
    // Local time is written as if it were UTC, which has no hour that is missing or there twice.
    const task = createTask(expression, () => undefined, { timezone: "UTC" });
    this.#matchesLocal = (local) => task.match(local);
    this.#offset = offsetReader(timeZone);
  }

  /** The last time after `from`, and not after `until`, at which it is due, in milliseconds since 1970. */
  lastBetween(from: number, until: number): number | undefined {
    const lastMinute = Math.floor(until / minuteMilliseconds) * minuteMilliseconds;
    for (let minute = lastMinute; minute > from - minuteMilliseconds; minute -= minuteMilliseconds) {
      for (const second of [...this.seconds].reverse()) {
        const at = minute + second * 1000;
        if (at > from && at <= until && this.#isDue(at)) return at;
      }
      if (minute > from && this.#endsMissingTimeOf(minute)) return minute;
    }
    return undefined;
  }

  #isDue(at: number): boolean {
    const local = at + this.#offset(at);
    return this.#matchesLocal(new Date(local)) && (this.#holdsEveryHour || !this.#wasBefore(at, local));
  }

  /** True if the clocks have shown this time before, and were put back since. */
  #wasBefore(at: number, local: number): boolean {
    const offsetBefore = this.#offset(at - longestChangeMilliseconds);
    const first = local - offsetBefore;
    return first < at && this.#offset(first) === offsetBefore;
  }

  /** True if the clocks were put forward to this minute, past a time at which it was due. */
  #endsMissingTimeOf(minute: number): boolean {
    if (this.#holdsEveryHour) return false;
    const before = this.#offset(minute - minuteMilliseconds);
    const local = minute + this.#offset(minute);
    for (let missing = minute + before; missing < local; missing += minuteMilliseconds)
      if (this.seconds.some((second) => this.#matchesLocal(new Date(missing + second * 1000)))) return true;
    return false;
  }
}

/** Milliseconds that local time is ahead of UTC. */
function offsetReader(timeZone: string | undefined): (instant: number) => number {
  const format = new Intl.DateTimeFormat("en-US", {
    ...{ timeZone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric" },
    ...{ hour: "numeric", minute: "numeric", second: "numeric" },
  });
  const read = (instant: number): number => {
    const fields = format.formatToParts(instant);
    const field = (type: string) => Number(fields.find((part) => part.type === type)?.value);
    const [year, month, day] = [field("year"), field("month") - 1, field("day")];
    return Date.UTC(year, month, day, field("hour"), field("minute"), field("second")) - instant;
  };
  let known: { quarter: number; offset: number }[] = [];
  return (instant) => {
    const quarter = Math.floor(instant / quarterMilliseconds);
    const found = known.find((entry) => entry.quarter === quarter);
    if (found !== undefined) return found.offset;
    const offset = read(quarter * quarterMilliseconds);
    known = [{ quarter, offset }, ...known.slice(0, 7)];
    return offset;
  };
}

/**
 * The seconds of an expression that means a plain interval, such as every 30 seconds or every 5 minutes; undefined for
 * what people mean as a time of the day, and from an hour on.
 */
export function plainIntervalSeconds(expression: string): number | undefined {
  const { second, minute, hour, dayOfMonth, month, dayOfWeek } = parse(expression);
  const isAnyDay = dayOfMonth.length === 31 && month.length === 12 && dayOfWeek.length === 7;
  if (!isAnyDay || hour.length !== 24) return undefined;
  if (minute.length === 60) return evenSpacing(second);
  const minutes = second.length === 1 ? evenSpacing(minute) : undefined;
  return minutes === undefined || minute.length === 1 ? undefined : minutes * 60;
}

/** Between each two of the values, the last and the first of the next round too. */
function evenSpacing(values: readonly number[]): number | undefined {
  const spacing = 60 / values.length;
  const isEven = values.every((value, index) => value === (values[0] ?? 0) + index * spacing);
  return isEven ? spacing : undefined;
}
