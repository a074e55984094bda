import { UsageError } from "./coded-error.ts";
import { findLibcFunction } from "./libc.ts";
import type { Logger } from "./logger.ts";

type Environment = Readonly<Record<string, string | undefined>>;

const firstInheritedDescriptor = 3;

/** Descriptors of the sockets that systemd opened for this process. @throws UsageError `SYSTEMD_SOCKET_MISSING` */
export function inheritedSocketsOf(env: Environment, processId: number): number[] {
  const count = Number(env["LISTEN_PID"]) === processId ? Number(env["LISTEN_FDS"]) : 0;
  if (Number.isSafeInteger(count) && count > 0)
    return Array.from({ length: count }, (_, index) => firstInheritedDescriptor + index);
  throw new UsageError(
    "SYSTEMD_SOCKET_MISSING",
    "--web.systemd-socket: systemd has opened no socket for this process; enable the .socket unit, or name a --web.listen-address",
  );
}

/** Tells systemd about the process, by the protocol of sd_notify(3). */
export interface SystemdNotifier {
  /** Requests are answered from now on. From then until `stopping`, systemd's watchdog is fed. */
  ready(): void;
  stopping(): void;
}

/** Does nothing unless systemd waits for it (`Type=notify`). */
export function createSystemdNotifier(env: Environment, processId: number, logger: Logger): SystemdNotifier {
  const path = env["NOTIFY_SOCKET"];
  if (path === undefined || path === "") return { ready: () => undefined, stopping: () => undefined };
  const send = connectTo(path) ?? (() => false);
  const notify = (state: string): void => {
    if (!send(state)) logger.error({ path, state }, "systemd.notify_failed");
  };
  return {
    ready() {
      notify("READY=1");
      const milliseconds = watchdogMillisecondsOf(env, processId);
      // Fed from the event loop, so that systemd notices one that hangs.
      if (milliseconds !== undefined) setInterval(notify, milliseconds / 2, "WATCHDOG=1").unref();
    },
    stopping() {
      notify("STOPPING=1");
    },
  };
}

function watchdogMillisecondsOf(env: Environment, processId: number): number | undefined {
  const { WATCHDOG_USEC: microseconds, WATCHDOG_PID: watched } = env;
  if (watched !== undefined && Number(watched) !== processId) return undefined;
  const milliseconds = Number(microseconds) / 1000;
  return milliseconds > 0 ? milliseconds : undefined;
}

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_NOSIGNAL = 0x4000;

/** Node has no datagram sockets of Unix. Undefined if koffi cannot load. */
function connectTo(path: string): ((state: string) => boolean) | undefined {
  const socket = findLibcFunction("int socket(int, int, int)");
  const sendto = findLibcFunction(
    "long sendto(int, const uint8_t *, size_t, int, const uint8_t *, uint32_t)",
  );
  if (socket === undefined || sendto === undefined) return undefined;
  const descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const family = Buffer.alloc(2);
  new Uint16Array(family.buffer, family.byteOffset, 1)[0] = AF_UNIX;
  // An abstract name begins with a zero, which systemd writes as @.
  const address = Buffer.concat([family, Buffer.from(path.replace(/^@/, "\0"))]);
  return (state) => {
    const message = Buffer.from(state);
    return (
      sendto(descriptor, message, message.length, MSG_NOSIGNAL, address, address.length) === message.length
    );
  };
}
