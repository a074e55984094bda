import { spawn } from "node:child_process";
import { once } from "node:events";
import { text as readText } from "node:stream/consumers";
import { join } from "node:path";
import { programEnvironment, programFile, type Ended, type PoolPlace } from "../kit/served-program.ts";

/** For what hangs: a run over all slots takes minutes on a busy machine. */
const timeoutMilliseconds = 1_800_000;

/** Runs a subcommand with the configuration of `serve`; kills it after a while if asked to. */
export async function runCommand(
  place: PoolPlace,
  args: readonly string[],
  killAfterMilliseconds = timeoutMilliseconds,
): Promise<Ended> {
  const configured = [programFile, ...args, "--config.file", join(place.root, "sidecar.yaml")];
  const child = spawn(process.execPath, configured, {
    cwd: place.root,
    env: programEnvironment(place),
    stdio: ["ignore", "pipe", "pipe"],
    timeout: Math.ceil(killAfterMilliseconds),
    killSignal: "SIGKILL",
  });
  const ended = once(child, "close");
  const [stdout, stderr] = await Promise.all([readText(child.stdout), readText(child.stderr)]);
  await ended;
  if (child.signalCode !== null && killAfterMilliseconds === timeoutMilliseconds)
    throw new Error(`${args.join(" ")} did not end`);
  return { status: child.exitCode, stdout, stderr };
}
