import { spawn } from "node:child_process";
import { expect, onTestFinished, test } from "vitest";
import { describeProcess, roleOfCommand } from "../../src/inspection/slot-process.ts";

test.each([
  ["git fsmonitor--daemon run --detach --ipc-threads=8", "daemon"],
  ["/usr/lib/git-core/git fsmonitor--daemon run", "daemon"],
  ["git-credential-cache--daemon /tmp/socket", "daemon"],
  ["git -c a.b=c -C /x --no-pager maintenance run --auto --quiet --detach", "maintenance"],
  ["git gc --auto --quiet", "maintenance"],
  ["git gc", "git"],
  ["git commit -m maintenance", "git"],
  ["git", "git"],
  ["node fsmonitor--daemon", "work"],
  ["sleep 600", "work"],
  ["", "work"],
])("%j is %s", (command, role) => {
  expect(roleOfCommand(command.split(" "))).toBe(role);
});

test("a process is told with its age and its parent", () => {
  const child = spawn("sleep", ["60"]);
  onTestFinished(() => void child.kill());
  const told = describeProcess(child.pid ?? 0);
  expect(told).toMatchObject({ pid: child.pid, role: "work", parent: { pid: process.pid } });
  expect(told.ageSeconds).toBeLessThan(60);
});

test("of a process that has ended nothing is told", () => {
  const ended = describeProcess(2 ** 30);
  expect(ended).toEqual({
    pid: 2 ** 30,
    command: "",
    role: "work",
    ageSeconds: undefined,
    parent: undefined,
  });
});
