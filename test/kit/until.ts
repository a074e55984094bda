import { setTimeout as sleep } from "node:timers/promises";

const pollMilliseconds = 100;

/** Polls until the condition gives a value; fails with what it waited for once the time is over. */
export async function until<T>(
  what: string,
  condition: () => Promise<T | undefined> | T | undefined,
  timeoutSeconds = 60,
): Promise<T> {
  const deadline = Date.now() + timeoutSeconds * 1000;
  for (;;) {
    const value = await condition();
    if (value !== undefined) return value;
    if (Date.now() > deadline) throw new Error(`waited ${timeoutSeconds} s for ${what}`);
    await sleep(pollMilliseconds);
  }
}
