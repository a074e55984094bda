/** Resolves at the next line that is typed, or at the end of the input. */
export function untilEnter(): Promise<void> {
  // The end is told once.
  if (process.stdin.readableEnded) return Promise.resolve();
  return new Promise((resolve) => {
    const proceed = (): void => {
      process.stdin.off("data", proceed).off("end", proceed).pause();
      resolve();
    };
    process.stdin.on("data", proceed).on("end", proceed).resume();
  });
}
