/** Resolves at the first SIGTERM or SIGINT; a second one ends the process at once. */
export function untilStopSignal(): Promise<void> {
  return new Promise((resolve) => {
    const stop = (signal: NodeJS.Signals): void => {
      resolve();
      // Not within this signal: a package that cleans up at exit (signal-exit) would see itself as the only listener
      // left, and end the process.
      setImmediate(() => process.off(signal, stop));
    };
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, stop);
  });
}
