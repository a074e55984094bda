#!/usr/bin/env bash
# fasteners 0.17.3, filelock 3.9.0, portalocker 2.2.1 and flock of Debian 12 (Python 3.11): fasteners takes the same lock file
# while one of the others holds it, and the other way round: it locks by fcntl(2), they by flock(2), and Linux keeps the two
# apart. Both holders are told that they have it. A lock of fasteners is also lost as soon as its own process opens and
# closes the file, to read it or to look who holds it; a lock of filelock is not.
# Seen: "filelock holds: filelock refused, portalocker refused, flock refused, fasteners taken", "fasteners holds: filelock
# taken, portalocker taken, flock taken, fasteners refused", "after a look by the holder: filelock refused, fasteners taken".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq python3-fasteners=0.17.3-2 python3-filelock=3.9.0-1+deb12u1 python3-portalocker=2.2.1-1 2>/dev/null
for package in *.deb; do dpkg --extract "$package" root; done
export PYTHONPATH=$folder/root/usr/lib/python3/dist-packages
cat >locks.py <<'PY'
import fasteners, filelock, portalocker, subprocess, sys

def take(name):
    """True if this process has the lock now, and until it ends."""
    if name == "flock":
        return subprocess.run(["flock", "--nonblock", "lock", "true"]).returncode == 0
    if name == "fasteners":
        return fasteners.InterProcessLock("lock").acquire(blocking=False)
    try:
        if name == "filelock":
            filelock.FileLock("lock").acquire(timeout=0)
        else:
            portalocker.Lock("lock", timeout=0).acquire()
        return True
    except (filelock.Timeout, portalocker.LockException):
        return False

def ask(name):
    taken = subprocess.run([sys.executable, __file__, name]).returncode == 0
    return f"{name} {'taken' if taken else 'refused'}"

def look():
    with open("lock"):
        pass

if len(sys.argv) > 1:
    sys.exit(0 if take(sys.argv[1]) else 1)
names = ("filelock", "portalocker", "flock", "fasteners")
looks = []
for holder, lock in (("filelock", filelock.FileLock("lock")), ("fasteners", fasteners.InterProcessLock("lock"))):
    lock.acquire()
    print(f"{holder} holds: {', '.join(map(ask, names))}")
    look()
    looks.append(ask(holder))
    lock.release()
print(f"after a look by the holder: {', '.join(looks)}")
PY
seen=$(/usr/bin/python3 locks.py)
echo "$seen"
[ "$seen" = "filelock holds: filelock refused, portalocker refused, flock refused, fasteners taken
fasteners holds: filelock taken, portalocker taken, flock taken, fasteners refused
after a look by the holder: filelock refused, fasteners taken" ]
