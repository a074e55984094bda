import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";

/** What systemd does: opens a socket, begins the program under its own pid, and hears what it says. */
const likeSystemd = `
import os, socket, sys
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notify.bind(sys.argv[1])
web = socket.socket()
web.bind(("127.0.0.1", 0))
web.listen()
print(web.getsockname()[1], flush=True)
child = os.fork()
if child == 0:
    os.dup2(web.fileno(), 3)
    os.set_inheritable(3, True)
    env = dict(os.environ, LISTEN_PID=str(os.getpid()), LISTEN_FDS="1", NOTIFY_SOCKET=sys.argv[1])
    os.execvpe(sys.argv[2], sys.argv[2:], env)
print(child, flush=True)
while True:
    said = notify.recv(100).decode()
    print(said, flush=True)
    if said == "STOPPING=1": break
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
`;

test("serve takes systemd's socket, says when it is ready, and that it stops", async () => {
  const directory = mkdtempSync(join(tmpdir(), "systemd-serve-"));
  mkdirSync(join(directory, "pools"));
  const serve = ["dist/main.js", "serve", "--web.systemd-socket", "--log.level", "error"];
  const places = ["--workspaces-dir", join(directory, "pools"), "--state-dir", join(directory, "state")];
  const args = ["-c", likeSystemd, join(directory, "notify"), process.execPath, ...serve, ...places];
  const systemd = spawn("python3", args, { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: systemd.stdout })[Symbol.asyncIterator]();
  const next = async () => (await lines.next()).value as string;
  const [port, program] = [await next(), Number(await next())];
  expect(await next()).toBe("READY=1");
  expect((await fetch(`http://127.0.0.1:${port}/-/healthy`)).status).toBe(200);
  process.kill(program, "SIGTERM");
  expect([await next(), await next()]).toEqual(["STOPPING=1", "0"]);
  await once(systemd, "close");
  rmSync(directory, { recursive: true });
});
