import { createHmac, randomBytes } from "node:crypto";
import { compare, truncates } from "bcryptjs";
import { setNewest } from "../../platform/set-newest.ts";

const cacheSize = 512;
/** As many as there may be connections, so that a right password is never refused because of others' guesses. */
const mostWaitingPerAddress = 1024;
/** Takes as long as a real comparison, so that timing does not tell which users exist. */
const dummyHash = "$2b$10$a/iuoJVnUFF9Eif.XHbQQeTx6TYcXl1WMf35Xky1SrOzi8aaXu50S";

export type PasswordVerdict = "good" | "bad" | "busy";

interface Waiting {
  run(): Promise<void>;
}

/**
 * bcrypt comparisons one at a time, with the addresses in turn: an address that guesses can neither occupy the processor nor
 * crowd out the others. Results are remembered, so a right password is compared only once.
 */
export class PasswordCheck {
  readonly #key = randomBytes(32);
  readonly #waitingPerAddress: number;
  readonly #good = new Map<string, true>();
  readonly #bad = new Map<string, true>();
  readonly #queues = new Map<string, Waiting[]>();
  #isWorking = false;

  constructor({ waitingPerAddress = mostWaitingPerAddress } = {}) {
    this.#waitingPerAddress = waitingPerAddress;
  }

  /** `busy` if this address already has too many comparisons waiting. */
  async check(login: {
    user: string;
    password: string;
    hash: string | undefined;
    address: string;
  }): Promise<PasswordVerdict> {
    const digest = this.#digest(login);
    if (this.#good.has(digest)) return "good";
    // bcrypt ignores what follows the 72nd byte, so a longer password would be compared by its beginning alone.
    if (this.#bad.has(digest) || truncates(login.password)) return "bad";
    const queue = this.#queues.get(login.address) ?? [];
    if (queue.length >= this.#waitingPerAddress) return "busy";
    this.#queues.set(login.address, queue);
    return new Promise((settle) => {
      queue.push({
        run: async () => {
          settle((await this.#compare(login, digest)) ? "good" : "bad");
        },
      });
      void this.#work();
    });
  }

  async #compare(login: { password: string; hash: string | undefined }, digest: string): Promise<boolean> {
    // Equal attempts may have queued together: the first one's verdict serves the rest.
    if (this.#good.has(digest)) return true;
    if (this.#bad.has(digest)) return false;
    const isEqual = await compare(login.password, login.hash ?? dummyHash).catch(() => false);
    const isGood = isEqual && login.hash !== undefined;
    setNewest(isGood ? this.#good : this.#bad, digest, true, cacheSize);
    return isGood;
  }

  async #work(): Promise<void> {
    if (this.#isWorking) return;
    this.#isWorking = true;
    for (let next = this.#takeNext(); next !== undefined; next = this.#takeNext()) await next.run();
    this.#isWorking = false;
  }

  #takeNext(): Waiting | undefined {
    for (const [address, queue] of this.#queues) {
      this.#queues.delete(address);
      const next = queue.shift();
      // Set again, so that the address goes to the end of the round.
      if (queue.length > 0) this.#queues.set(address, queue);
      if (next !== undefined) return next;
    }
    return undefined;
  }

  #digest(login: { user: string; password: string; hash: string | undefined }): string {
    const parts = JSON.stringify([login.user, login.password, login.hash ?? null]);
    return createHmac("sha256", this.#key).update(parts).digest("base64");
  }
}
