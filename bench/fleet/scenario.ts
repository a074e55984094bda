/** What befalls a fleet; instants are seconds since the simulation began. */
export interface Scenario {
  readonly name: string;
  readonly hours: number;
  /** The probability that a sound slot of the host breaks within a second. */
  breakRate(host: number, now: number): number;
  isRemoteDown?(now: number): boolean;
  isDiskFull?(host: number, now: number): boolean;
  /** Pool runs by the clock instead of recoveries by alerts: seconds between two, and how far hosts lie apart. */
  readonly schedule?: { readonly everySeconds: number; readonly spreadSeconds: number };
}

const hour = 3600;
/** Half a percent of all slots break in a day by themselves. */
const background = 0.005 / (24 * hour);
const within = (now: number, fromHours: number, toHours: number): boolean =>
  now >= fromHours * hour && now < toHours * hour;

/** A share of the slots breaks, evenly over the time. */
const rateOf = (share: number, hours: number): number => -Math.log(1 - share) / (hours * hour);

/** A host has the image from a random moment of the rollout on. */
const hasImage = (
  host: number,
  now: number,
  rollout: { from: number; hours: number; until: number },
): boolean => within(now, rollout.from + ((host * 7919) % 2000) * (rollout.hours / 2000), rollout.until);

export const scenarios: readonly Scenario[] = [
  {
    name: "an ordinary day",
    hours: 24,
    breakRate: () => background,
  },
  {
    name: "the remote is down for 2 h; interrupted fetches break 2 % of the slots",
    hours: 12,
    breakRate: (_host, now) => background + (within(now, 1, 1.2) ? rateOf(0.02, 0.2) : 0),
    isRemoteDown: (now) => within(now, 1, 3),
  },
  {
    name: "a bad image breaks 80 % of a host's slots within 10 min of its rollout, until it is withdrawn after 6 h",
    hours: 12,
    breakRate: (host, now) =>
      background + (hasImage(host, now, { from: 1, hours: 1, until: 7 }) ? rateOf(0.8, 1 / 6) : 0),
  },
  {
    name: "a bad image breaks a slot every 4 h on average, until it is withdrawn after 6 h",
    hours: 12,
    breakRate: (host, now) =>
      background + (hasImage(host, now, { from: 1, hours: 1, until: 7 }) ? 1 / (4 * hour) : 0),
  },
  {
    name: "the disks of a third of the hosts fill, and break 20 % of their slots; they are freed after 3 h",
    hours: 12,
    breakRate: (host, now) => background + (host % 3 === 0 && within(now, 1, 1.5) ? rateOf(0.2, 0.5) : 0),
    isDiskFull: (host, now) => host % 3 === 0 && within(now, 1, 4),
  },
  {
    name: "2 % of the slots break at once; all hosts recover at the same minute of each half hour",
    hours: 6,
    breakRate: (_host, now) => background + (within(now, 1, 1.2) ? rateOf(0.02, 0.2) : 0),
    schedule: { everySeconds: hour / 2, spreadSeconds: 0 },
  },
  {
    name: "the same, each host at a minute of its own",
    hours: 6,
    breakRate: (_host, now) => background + (within(now, 1, 1.2) ? rateOf(0.02, 0.2) : 0),
    schedule: { everySeconds: hour / 2, spreadSeconds: hour / 2 },
  },
];
