import { isEnvironmentError } from "./environment-error.ts";

let failures: Map<string, string> | undefined;

/** Every path that could not be read while `use` ran and whose error says nothing of the path, with the error's code. */
export function collectReadFailures<T>(use: () => T): {
  readonly result: T;
  readonly failures: ReadonlyMap<string, string>;
} {
  const outer = failures;
  const own = new Map<string, string>();
  failures = own;
  try {
    return { result: use(), failures: own };
  } finally {
    failures = outer;
    for (const [path, code] of own) outer?.set(path, code);
  }
}

export function noteReadFailure(path: string, errorCode: string): void {
  if (isEnvironmentError(errorCode)) failures?.set(path, errorCode);
}
