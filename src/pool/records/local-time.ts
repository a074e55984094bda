/**
 * Times on disk are ISO 8601. Without a zone they are local time of the machine that wrote them
 * (the pool manager's `datetime.now().isoformat()`).
 */
const isoTime =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(Z|z|[+-]\d{2}(?::?\d{2})?)?$/;

export interface PoolTime {
  readonly instant: Date;
  /** True for `Z` and offsets, which the neighbour cannot compare with its own times. */
  readonly isZoned: boolean;
}

/**
 * Undefined if the text is not a time that exists. An hour that a clock change repeats is read as its first
 * pass, an hour that it skips as the instant the clock jumped over it.
 */
export function parsePoolTime(text: string, timeZone: string): PoolTime | undefined {
  const match = isoTime.exec(text.trim());
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction, zone] = match;
  const milliseconds = Math.floor(Number(`0.${fraction ?? "0"}`) * 1000);
  const fields = [year, month, day, hour, minute, second ?? "0"].map(Number) as ClockFields;
  const asUtc = utcMilliseconds(fields, milliseconds);
  if (asUtc === undefined) return undefined;
  if (zone !== undefined) return { instant: new Date(asUtc - zoneOffsetMilliseconds(zone)), isZoned: true };
  return { instant: new Date(localToUtc(asUtc, timeZone)), isZoned: false };
}

/** Local time without a zone and with six digits of fraction, as the neighbour writes it. */
export function formatPoolTime(instant: Date, timeZone: string): string {
  const local = new Date(instant.getTime() + offsetMilliseconds(instant.getTime(), timeZone));
  return `${local.toISOString().slice(0, 23)}000`;
}

/** No zone's name: `Date` knows this system's clock, and to ask for zone data by name takes 20 ms (measured). */
const systemZone = "system";

export function systemTimeZone(): string {
  return systemZone;
}

type ClockFields = [number, number, number, number, number, number];

function utcMilliseconds(fields: ClockFields, milliseconds: number): number | undefined {
  const [year, month, day, hour, minute, second] = fields;
  const value = Date.UTC(year, month - 1, day, hour, minute, second, milliseconds);
  const back = new Date(value);
  const exists =
    back.getUTCFullYear() === year &&
    back.getUTCMonth() === month - 1 &&
    back.getUTCDate() === day &&
    back.getUTCHours() === hour &&
    back.getUTCMinutes() === minute &&
    back.getUTCSeconds() === second;
  return exists ? value : undefined;
}

function zoneOffsetMilliseconds(zone: string): number {
  if (zone === "Z" || zone === "z") return 0;
  const sign = zone.startsWith("-") ? -1 : 1;
  const digits = zone.slice(1).replace(":", "");
  return sign * (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2, 4) || "0")) * 60_000;
}

function localToUtc(localAsUtc: number, timeZone: string): number {
  const before = offsetMilliseconds(localAsUtc - 86_400_000, timeZone);
  const candidates = [before, offsetMilliseconds(localAsUtc - before, timeZone)].map(
    (offset) => localAsUtc - offset,
  );
  const exact = candidates.filter((utc) => utc + offsetMilliseconds(utc, timeZone) === localAsUtc);
  return exact.length > 0 ? Math.min(...exact) : localAsUtc - before;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(timeZone);
  if (formatter === undefined) {
    const digits = "2-digit";
    formatter = new Intl.DateTimeFormat("en-US", {
      timeZone,
      hourCycle: "h23",
      year: "numeric",
      month: digits,
      day: digits,
      hour: digits,
      minute: digits,
      second: digits,
    });
    formatters.set(timeZone, formatter);
  }
  return formatter;
}

/** What the zone's clock is ahead of UTC at an instant. */
function offsetMilliseconds(instant: number, timeZone: string): number {
  if (timeZone === systemZone) return -new Date(instant).getTimezoneOffset() * 60_000;
  const parts = new Map(
    formatterOf(timeZone)
      .formatToParts(instant)
      .map((part) => [part.type, Number(part.value)]),
  );
  const field = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
  const local = Date.UTC(
    field("year"),
    field("month") - 1,
    field("day"),
    field("hour"),
    field("minute"),
    field("second"),
  );
  return local - Math.floor(instant / 1000) * 1000;
}
