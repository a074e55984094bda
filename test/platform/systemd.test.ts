import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { silentLogger } from "../../src/platform/logger.ts";
import { createSystemdNotifier, inheritedSocketsOf } from "../../src/platform/systemd.ts";

/** What systemd would receive, by Python, since Node has no datagram sockets of Unix. */
const receiver = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1].replace("@", "\\0", 1))
print("bound", flush=True)
while True: print(s.recv(100).decode(), flush=True)
`;

async function receive(path: string) {
  const child = spawn("python3", ["-c", receiver, path], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (data: Buffer) => (said += data.toString()));
  const until = async (text: string) => {
    while (!said.includes(text)) await sleep(5);
  };
  await until("bound");
  return {
    until,
    stop: () => (child.kill(), once(child, "close")),
    said: () => said.split("\n").slice(1, -1),
  };
}

test.each(["a path", "an abstract name"])(
  "systemd at %s learns of readiness, life and the end",
  async (form) => {
    const directory = mkdtempSync(join(tmpdir(), "systemd-test-"));
    const path = form === "a path" ? join(directory, "notify") : `@repo-pool-sidecar-test-${process.pid}`;
    const { until, stop, said } = await receive(path);
    const env = { NOTIFY_SOCKET: path, WATCHDOG_USEC: "20000", WATCHDOG_PID: "42" };
    const notifier = createSystemdNotifier(env, 42, silentLogger);
    notifier.ready();
    await until("WATCHDOG=1");
    notifier.stopping();
    await until("STOPPING=1");
    await stop();
    rmSync(directory, { recursive: true });
    expect(said()[0]).toBe("READY=1");
    expect(new Set(said())).toEqual(new Set(["READY=1", "WATCHDOG=1", "STOPPING=1"]));
  },
);

test("nothing is said if systemd does not ask, and what could not be said is logged", () => {
  const errors: string[] = [];
  const logger = { ...silentLogger, error: (_fields: unknown, event: string) => void errors.push(event) };
  createSystemdNotifier({}, 42, logger).ready();
  expect(errors).toEqual([]);
  createSystemdNotifier({ NOTIFY_SOCKET: "/nonexistent/notify" }, 42, logger).ready();
  expect(errors).toEqual(["systemd.notify_failed"]);
});

test("the sockets of systemd begin with descriptor 3, and are this process's alone", () => {
  expect(inheritedSocketsOf({ LISTEN_PID: "42", LISTEN_FDS: "2" }, 42)).toEqual([3, 4]);
  for (const env of [{}, { LISTEN_PID: "41", LISTEN_FDS: "1" }, { LISTEN_PID: "42", LISTEN_FDS: "0" }])
    expect(() => inheritedSocketsOf(env, 42)).toThrow(
      expect.objectContaining({ code: "SYSTEMD_SOCKET_MISSING" }),
    );
});
