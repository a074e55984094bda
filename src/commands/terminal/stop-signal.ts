/** One Ctrl-C may come twice: from the terminal, and from npm or a script that hands it on. */
const sameSignalMilliseconds = 1000;

/** Resolves at the first SIGTERM or SIGINT; another one ends the process at once, if it is not the same come twice. */
export function untilStopSignal(): Promise<void> {
  return new Promise((resolve) => {
    const stop = (signal: NodeJS.Signals): void => {
      resolve();
      // Never within this signal: a package that cleans up at exit (signal-exit) would see itself as the only listener
      // left, and end the process.
      setTimeout(() => process.off(signal, stop), sameSignalMilliseconds).unref();
    };
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, stop);
  });
}
