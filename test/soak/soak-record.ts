/** What the soak knows of who works where and on what, and what it saw that must not be. */
export class SoakRecord {
  readonly violations: string[] = [];
  readonly counts = new Map<string, number>();
  /** What a fault itself destroyed, or may have: nobody could save it. */
  readonly #destroyed = new Set<string>();
  readonly #holders = new Map<string, string>();
  readonly #startedAt = performance.now();

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  violate(what: string): void {
    const minutes = ((performance.now() - this.#startedAt) / 60_000).toFixed(1);
    this.violations.push(`after ${minutes} min: ${what}`);
    console.error(`VIOLATION after ${minutes} min: ${what}`);
  }

  /** A slot that was allocated: nobody else may have it. */
  claim(slotId: string, agent: string): void {
    const holder = this.#holders.get(slotId);
    if (holder !== undefined) this.violate(`${slotId} was allocated to ${agent} while ${holder} had it`);
    this.#holders.set(slotId, agent);
  }

  unclaim(slotId: string, agent: string): void {
    if (this.#holders.get(slotId) === agent) this.#holders.delete(slotId);
  }

  isHeld(slotId: string): boolean {
    return this.#holders.has(slotId);
  }

  get heldSlots(): string[] {
    return [...this.#holders.keys()];
  }

  destroy(markers: Iterable<string>): void {
    for (const marker of markers) this.#destroyed.add(marker);
  }

  get destroyedCount(): number {
    return this.#destroyed.size;
  }

  /** Those that a search did not find and no fault destroyed. */
  missing(written: readonly string[], found: ReadonlySet<string>): string[] {
    return written.filter((marker) => !found.has(marker) && !this.#destroyed.has(marker));
  }
}
