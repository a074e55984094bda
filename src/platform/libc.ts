import { createRequire } from "node:module";

/** A function of libc that returns an integer. */
export type LibcFunction = (...parameters: readonly unknown[]) => number;

interface Koffi {
  load(library: string): { func(declaration: string): LibcFunction };
}

/**
 * A function of libc through koffi, by its declaration in C. Undefined if koffi has no binary for this machine or its C
 * library: each caller has a fallback.
 */
export function findLibcFunction(declaration: string): LibcFunction | undefined {
  try {
    const koffi = createRequire(import.meta.url)("koffi") as Koffi;
    return koffi.load("libc.so.6").func(declaration);
  } catch {
    return undefined;
  }
}
