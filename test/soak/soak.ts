import { existsSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { formatPoolTime, systemTimeZone } from "../../src/pool/records/local-time.ts";
import { BusyAgent } from "../kit/busy-agent.ts";
import { faults } from "../kit/faults/catalogue.ts";
import type { Fault } from "../kit/faults/fault.ts";
import type { SlotPlace } from "../kit/slot-place.ts";
import { createRandom } from "../kit/sample.ts";
import { until } from "../kit/until.ts";
import { readableMarkers } from "../kit/working-slot.ts";
import { runCommand } from "./commands.ts";
import { SoakedSidecar } from "./soaked-sidecar.ts";
import type { SoakedSlot, SoakedSlots } from "./soaked-slots.ts";
import { SoakRecord } from "./soak-record.ts";

const agentPauseSeconds = 0.4;
const [hour, day] = [3_600_000, 24 * 3_600_000];
const clockSteps = [hour, -hour, day, -day, 0];
/** Between an allocation and the first look at it. */
const graceSeconds = 60;
/** How long a source's broken slot stays as it is before a person makes it again. */
const renewSeconds = 90;

const recordSchema = z.object({
  state: z.string(),
  last_allocated_at: z.string().nullish(),
  metadata: z.object({ isolated_at: z.string().nullish() }).nullish(),
});
export type SlotRecordFields = z.infer<typeof recordSchema>;

/** Undefined if there is none that can be read. */
export function readRecord({ pool, number }: SoakedSlot): SlotRecordFields | undefined {
  try {
    return recordSchema.parse(JSON.parse(readFileSync(pool.recordPath(number), "utf8")));
  } catch {
    return undefined;
  }
}

/** Of slots without a record in slot.json, and of what slots do not share. */
function isUsableIn(slot: SoakedSlot, { layouts, scope, reason }: Fault): boolean {
  const isOfRecord = /^(?:slot_json|state_error|slot_path_invalid)/.test(reason);
  return (
    layouts.includes(slot.pool.layout) &&
    (slot.isManaged || !isOfRecord) &&
    (slot.pool.layout === "clone" || scope === "slot")
  );
}

/** Agents, faults, kills, alerts and clock steps on all slots at once, drawn from one seed. */
export class Soak {
  readonly record = new SoakRecord();
  readonly slots: SoakedSlots;
  readonly sidecar: SoakedSidecar;
  readonly #random: () => number;
  /** By path. */
  readonly #agents = new Map<string, BusyAgent>();
  readonly #everyAgent: BusyAgent[] = [];
  readonly #brokenAt = new Map<SoakedSlot, number>();
  #names = 0;
  #isOver = false;

  constructor(slots: SoakedSlots, seed: number) {
    this.slots = slots;
    this.sidecar = new SoakedSidecar(slots, this.record);
    this.#random = createRandom(seed);
  }

  /** What agents have noted so far. */
  written(): string[] {
    return this.#everyAgent.flatMap((agent) => agent.markers());
  }

  /** All slots are seen, those of each source too. */
  async untilWatched(): Promise<void> {
    const seen = async () =>
      (await this.sidecar.slotIds()).length === this.slots.slots.length ? true : undefined;
    await until("the first collection of every slot", seen, 120);
  }

  async untilQueueIsEmpty(): Promise<void> {
    const isEmpty = async () => ((await this.sidecar.queueDepth()) === 0 ? true : undefined);
    await until("the queue to be empty", isEmpty, 600);
  }

  /** Leaves nothing running when the soak itself ends early. */
  async abandon(): Promise<void> {
    for (const agent of this.#agents.values()) agent.signal("SIGKILL");
    await this.sidecar.abandon();
  }

  async run({ minutes, agentCount }: { minutes: number; agentCount: number }): Promise<void> {
    const agents = [
      ...Array.from({ length: agentCount }, (_, index) => this.#repeat(() => this.#workInPool(index))),
      ...Array.from({ length: agentCount }, () => this.#repeat(() => this.#workInSource())),
    ];
    const others = [
      this.#repeat(() => this.#injectFault(), 3000),
      this.#repeat(() => this.#disturb(), 4000),
      this.#repeat(() => this.sidecar.postAlerts(), 5000),
      this.#repeat(() => this.#look(), 5000),
    ];
    const end = performance.now() + minutes * 60_000;
    // Afterwards its memory is watched: only commands are killed then.
    const lastKill = performance.now() + minutes * 20_000;
    while (performance.now() < end) {
      await sleep(Math.min(45_000, end - performance.now()));
      if (performance.now() < lastKill) await this.#killSidecar();
    }
    this.#isOver = true;
    await Promise.all([...agents, ...others]);
  }

  /** A disturbance that cannot be made is none; what the sidecar does not answer is told. */
  async #repeat(task: () => Promise<void>, pauseMilliseconds = 500): Promise<void> {
    while (!this.#isOver) {
      try {
        await this.#untilSidecarRuns();
        await task();
      } catch (error) {
        if (this.#isRestarting) continue;
        this.record.violate(error instanceof Error ? (error.stack ?? error.message) : String(error));
      }
      await sleep(pauseMilliseconds);
    }
  }

  #isRestarting = false;

  async #untilSidecarRuns(): Promise<void> {
    while (this.#isRestarting) await sleep(100);
  }

  async #killSidecar(): Promise<void> {
    this.#isRestarting = true;
    await this.sidecar.kill();
    this.record.count("kills of serve");
    await this.sidecar.start();
    this.#isRestarting = false;
  }

  #command(args: readonly string[], killAfterMilliseconds?: number) {
    return runCommand(this.slots.place, args, killAfterMilliseconds);
  }

  #oneOf<T>(values: readonly T[]): T | undefined {
    return values[Math.floor(this.#random() * values.length)];
  }

  /** Small letters, as markers have them. */
  #nextName(): string {
    const digits = String(this.#names++).replace(/\d/g, (digit) => "abcdefghij".charAt(Number(digit)));
    return `agent-${digits}`;
  }

  async #workInPool(index: number): Promise<void> {
    const pool = this.slots.managedPools[index % 2]!;
    const isKilled = this.#random() < 0.05;
    const killAfter = isKilled ? this.#random() * 1500 : undefined;
    const { status, stdout } = await this.#command(["allocate", pool.repoName, "--json"], killAfter);
    if (status !== 0) {
      this.record.count(isKilled ? "kills of commands" : "allocations refused");
      await sleep(2000);
      return;
    }
    const { slot_id: slotId } = z.object({ slot_id: z.string() }).parse(JSON.parse(stdout));
    const slot = this.slots.slots.find((each) => each.isManaged && each.slotId === slotId);
    if (slot === undefined) throw new Error(`${slotId} is no slot`);
    const name = this.#nextName();
    this.record.count("allocations");
    this.record.claim(slotId, name);
    const isCrash = await this.#work(slot, name);
    this.record.unclaim(slotId, name);
    if (isCrash) return;
    const isKilledRelease = this.#random() < 0.1;
    const released = await this.#command(
      ["release", slotId],
      isKilledRelease ? this.#random() * 1500 : undefined,
    );
    this.record.count(
      isKilledRelease ? "kills of commands" : released.status === 0 ? "releases" : "releases refused",
    );
  }

  async #workInSource(): Promise<void> {
    const free = this.slots.slots.filter(({ isManaged, path }) => !isManaged && !this.#agents.has(path));
    const slot = this.#oneOf(free);
    if (slot === undefined || !existsSync(slot.path)) return;
    const name = this.#nextName();
    const isHolding = this.#random() < 0.3;
    const hold = ["hold", slot.path, "--for", "1h", "--owner", name];
    if (isHolding && (await this.#command(hold)).status === 0) this.record.count("holds");
    await this.#work(slot, name);
    if (isHolding) await this.#command(["release", slot.path]);
  }

  /** @returns whether the agent was killed. */
  async #work(slot: SoakedSlot, name: string): Promise<boolean> {
    const place = slot.placeWith(join(this.slots.notes, "agents", name));
    const agent = await BusyAgent.start(place, { name, pauseSeconds: agentPauseSeconds });
    if (agent === undefined) return false;
    this.record.count("agents");
    this.#agents.set(slot.path, agent);
    this.#everyAgent.push(agent);
    const end = performance.now() + 5000 + this.#random() * 20_000;
    while (agent.isRunning && performance.now() < end && !this.#isOver) await sleep(250);
    const isCrash = !agent.isRunning || this.#random() < 0.2;
    if (isCrash) {
      await agent.kill();
      this.record.count("agents killed");
    } else await agent.stop();
    this.#agents.delete(slot.path);
    return isCrash;
  }

  async #disturb(): Promise<void> {
    const kind = this.#random();
    if (kind < 0.2) await this.#killRecovery();
    else if (kind < 0.3) this.#stepClock();
    else if (kind < 0.45) await this.#recoverByHand();
    else if (kind < 0.6) await this.#releaseAbandoned();
    else if (kind < 0.7) await this.#postHealthy();
    else if (kind < 0.8) await this.#saveOnRequest();
    else this.#renewSource();
  }

  async #injectFault(): Promise<void> {
    const slot = this.#oneOf(this.slots.slots)!;
    const agent = this.#agents.get(slot.path);
    const fault = this.#oneOf(faults.filter((each) => isUsableIn(slot, each)))!;
    if (agent !== undefined && this.#random() < 0.5) await agent.kill();
    agent?.signal("SIGSTOP");
    const unlock = slot.tryLock();
    if (unlock !== undefined) {
      this.#inject(slot, fault);
      unlock();
    }
    agent?.signal("SIGCONT");
  }

  /** What cannot be read afterwards is the fault's own doing: no recovery runs meanwhile. */
  #inject(slot: SoakedSlot, fault: Fault): void {
    const name = this.#nextName();
    const place = slot.placeForFault(name);
    const places = [slot.path, place.commonDirectory, place.pool.root];
    const before = readableMarkers(...places);
    try {
      assertOwn(place);
      commitOwn(place, name);
      fault.inject(place);
      this.record.count("faults");
      this.record.count(`faults: ${fault.reason}`);
    } catch {
      // An earlier fault has taken away what this one would damage.
      this.record.count("faults on what is broken already");
    }
    const after = readableMarkers(...places);
    this.record.destroy([...before].filter((marker) => !after.has(marker)));
    if (!this.#brokenAt.has(slot)) this.#brokenAt.set(slot, performance.now());
  }

  async #killRecovery(): Promise<void> {
    const deep = this.#random() < 0.4 ? ["--deep"] : [];
    await this.#command(["recover", ...deep], this.#random() * 6000);
    this.record.count("kills of commands");
  }

  #stepClock(): void {
    this.sidecar.setClock(this.#oneOf(clockSteps)!);
    this.record.count("clock steps");
  }

  /** A person returns what was isolated, once nobody works there. */
  async #recoverByHand(): Promise<void> {
    const isolated = this.slots.slots.filter(
      (slot) =>
        slot.isManaged &&
        !this.record.isHeld(slot.slotId) &&
        typeof readRecord(slot)?.metadata?.isolated_at === "string",
    );
    const slot = this.#oneOf(isolated);
    if (slot === undefined) return;
    const { status } = await this.#command(["recover", slot.slotId, "--deep"]);
    this.record.count(status === 0 ? "recoveries by hand" : "recoveries by hand refused or failed");
  }

  /** An agent that crashed leaves its slot allocated: after days, here by the record, a run with force ends that. */
  async #releaseAbandoned(): Promise<void> {
    const abandoned = this.slots.slots.filter((slot) => {
      if (!slot.isManaged || this.record.isHeld(slot.slotId)) return false;
      const { state, last_allocated_at: at } = readRecord(slot) ?? {};
      return (
        state === "allocated" && typeof at === "string" && Date.now() - Date.parse(at) > graceSeconds * 1000
      );
    });
    if (abandoned.length === 0) return;
    for (const slot of abandoned) this.#age(slot);
    const { status } = await this.#command(["recover", "--strategy", "aggressive"]);
    this.record.count(`forced releases of abandoned slots ended with ${status}`);
  }

  #age(slot: SoakedSlot): void {
    const unlock = slot.tryLock();
    if (unlock === undefined) return;
    const lastAllocatedAt = formatPoolTime(new Date(Date.now() - 60 * hour), systemTimeZone());
    if (!this.record.isHeld(slot.slotId) && readRecord(slot)?.state === "allocated")
      slot.pool.writeRecord(slot.number, { last_allocated_at: lastAllocatedAt });
    unlock();
  }

  /** Alerts about slots with which nothing is wrong, or that are not there. */
  async #postHealthy(): Promise<void> {
    const slots = this.slots.slots.filter(({ isManaged }) => isManaged);
    const alerts = Array.from({ length: 20 }, (_, index) => {
      const { slotId, pool } = this.#oneOf(slots)!;
      const slot = index % 5 === 0 ? `${slotId}99` : slotId;
      return { name: "RepoPoolSlotCorrupted", pool: pool.repoName, slot, startsAt: new Date() };
    });
    await this.sidecar.post(alerts);
  }

  async #saveOnRequest(): Promise<void> {
    const slot = this.#oneOf(this.slots.slots)!;
    const { status } = await this.#command(["salvage", "save", slot.isManaged ? slot.slotId : slot.path]);
    this.record.count(status === 0 ? "work saved on request" : "work not saved on request");
  }

  #renewSource(): void {
    const old = [...this.#brokenAt].find(
      ([slot, at]) =>
        !slot.isManaged && !this.#agents.has(slot.path) && performance.now() - at > renewSeconds * 1000,
    );
    if (old === undefined) return;
    const [slot] = old;
    slot.renew(this.#nextName());
    this.#brokenAt.delete(slot);
    this.record.count("slots of sources made again by a person");
  }

  async #look(): Promise<void> {
    await this.sidecar.sample();
    for (const slot of this.slots.slots) {
      if (!slot.isManaged || !this.record.isHeld(slot.slotId)) continue;
      if (this.#agents.get(slot.path)?.isRunning !== true) continue;
      if (readRecord(slot)?.state === "available")
        this.record.violate(`${slot.slotId} is available while an agent works there`);
    }
  }
}

/** An earlier fault may have led it to another slot, whose agent works there and whose lock is not held. */
function assertOwn(place: SlotPlace): void {
  const gitDirectory = place.run("rev-parse", "--absolute-git-dir");
  if (realpathSync(place.path) !== place.path || gitDirectory !== place.gitDirectory)
    throw new Error(`${place.path} leads elsewhere`);
}

/** So that the fault is in a commit of the slot's own, and in no object that other slots have too. */
function commitOwn(place: SlotPlace, name: string): void {
  writeFileSync(join(place.path, "own.txt"), `${name}\n`);
  place.run("add", "own.txt");
  place.run("commit", "-q", "-m", "own");
}
