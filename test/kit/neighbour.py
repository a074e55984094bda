"""A neighbouring pool manager: lends slots by the documented format, under filelock, and says on stdout what it did.

It uses a slot as an agent does: commits, leaves changed and untracked files behind, and cleans nothing up.
"""

import hashlib
import json
import os
import random
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import filelock

LOCK_TIMEOUT_SECONDS = 2
GIVE_UP_AFTER_SECONDS = 3600


class Neighbour:
    def __init__(self, workspaces: Path, uses: Path, name: str, seed: int) -> None:
        self.workspaces = workspaces
        self.pool = workspaces / "demo"
        self.uses = uses
        self.name = name
        self.random = random.Random(seed)
        self.marks = 0
        self.complaint = ""

    def work(self, operations: int) -> None:
        deadline = time.monotonic() + GIVE_UP_AFTER_SECONDS
        done = 0
        while done < operations and time.monotonic() < deadline:
            slot = self.allocate()
            if slot is None:
                time.sleep(0.1)
                continue
            self.use(slot)
            self.release(slot)
            done += 2

    def allocate(self) -> Path | None:
        slots = sorted(self.pool.glob("slot*"))
        self.random.shuffle(slots)
        for slot in slots:
            try:
                with self.lock(slot):
                    if self.lend(slot):
                        return slot
            except filelock.Timeout:
                continue
        return None

    def lend(self, slot: Path) -> bool:
        record = self.read(slot)
        if record is None or record["state"] != "available" or not self.is_sound(slot):
            return False
        record["state"] = "allocated"
        record["allocation_count"] += 1
        record["last_allocated_at"] = datetime.now().isoformat()
        record["metadata"]["holder"] = self.name
        self.write(slot, record)
        self.claim(slot)
        say(event="allocated", slot=slot.name, count=record["allocation_count"])
        return True

    def release(self, slot: Path) -> None:
        with self.lock(slot, timeout=GIVE_UP_AFTER_SECONDS):
            record = self.read(slot)
            if record is None or record["state"] != "allocated" or record["metadata"]["holder"] != self.name:
                say(event="stolen", slot=slot.name, record=record)
                return
            os.unlink(self.uses / slot.name)
            uses = record["metadata"].get("neighbour_uses", 0) + 1
            record["metadata"]["neighbour_uses"] = uses
            record["state"] = "available"
            record["last_released_at"] = datetime.now().isoformat()
            self.write(slot, record)
            say(event="released", slot=slot.name, uses=uses)

    def use(self, slot: Path) -> None:
        kind = self.random.choice(["commit", "untracked", "changed", "nothing"])
        mark = self.new_mark()
        if kind == "commit":
            (slot / f"{mark}.txt").write_text(mark + "\n")
            added = self.git(slot, "add", f"{mark}.txt")
            if not added or not self.git(slot, "commit", "-q", "-m", mark):
                say(event="git_failed", slot=slot.name, why=self.complaint)
        elif kind == "untracked":
            (slot / f"{mark}.txt").write_text(mark + "\n")
        elif kind == "changed":
            with open(slot / "file.txt", "a") as file:
                file.write(mark + "\n")
        if kind != "nothing":
            say(event="worked", slot=slot.name, mark=mark)

    def claim(self, slot: Path) -> None:
        try:
            os.close(os.open(self.uses / slot.name, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            say(event="lent_twice", slot=slot.name)

    def lock(self, slot: Path, timeout: float = LOCK_TIMEOUT_SECONDS) -> filelock.FileLock:
        path = self.workspaces / "locks" / f"workspace-demo-{slot.name}.lock"
        return filelock.FileLock(str(path), timeout=timeout)

    def read(self, slot: Path) -> dict | None:
        try:
            return json.loads((slot / "slot.json").read_text())
        except (OSError, ValueError):
            return None

    def write(self, slot: Path, record: dict) -> None:
        """In place, in two pieces: whoever reads without the lock may see the half of it."""
        record["updated_at"] = datetime.now().isoformat()
        text = json.dumps(record, indent=2)
        with open(slot / "slot.json", "w") as file:
            file.write(text[: len(text) // 2])
            file.flush()
            file.write(text[len(text) // 2 :])

    def is_sound(self, slot: Path) -> bool:
        if not self.is_index_whole(slot):
            return False
        return self.git(slot, "rev-parse", "--verify", "HEAD^{commit}") and self.git(slot, "status", "--short")

    def is_index_whole(self, slot: Path) -> bool:
        """Git reads zeros behind the end of a truncated index, and its status may find nothing wrong with them."""
        try:
            content = (slot / ".git" / "index").read_bytes()
        except OSError:
            return False
        return hashlib.sha1(content[:-20]).digest() == content[-20:]

    def git(self, slot: Path, *arguments: str) -> bool:
        command = ["git", f"--git-dir={slot}/.git", f"--work-tree={slot}", "-c", "gc.auto=0"]
        command += ["-c", "user.name=neighbour", "-c", "user.email=neighbour@example.invalid", *arguments]
        environment = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
        run = subprocess.run(command, cwd=slot, env=environment, capture_output=True, text=True)
        self.complaint = run.stderr + run.stdout
        return run.returncode == 0

    def new_mark(self) -> str:
        """Letters alone: the number in base 26."""
        self.marks += 1
        number, letters = self.marks, ""
        while number > 0:
            number, digit = divmod(number, 26)
            letters = chr(ord("a") + digit) + letters
        return f"MARK-{self.name}-{letters}"


def say(**event: object) -> None:
    print(json.dumps(event), flush=True)


if __name__ == "__main__":
    workspaces, uses, name, seed, operations = sys.argv[1:]
    Neighbour(Path(workspaces), Path(uses), name, int(seed)).work(int(operations))
