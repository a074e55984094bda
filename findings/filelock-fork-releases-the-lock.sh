#!/usr/bin/env bash
# filelock 3.9.0 of Debian 12 (Python 3.11): a child of os.fork() that ends with sys.exit() releases the lock that its parent
# holds. The parent's object goes on to say that it is locked, and another process takes the lock: two holders. Every
# copy of the object unlocks the shared descriptor when it is collected; a child that ends with os._exit() does not.
# Seen: "os._exit: locked, refused to others", "sys.exit: locked, given to another".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq python3-filelock=3.9.0-1+deb12u1 2>/dev/null
dpkg --extract python3-filelock_*.deb root
export PYTHONPATH=$folder/root/usr/lib/python3/dist-packages
cat >fork.py <<'PY'
import filelock, os, subprocess, sys

other = "import filelock; filelock.FileLock('lock', timeout=0).acquire()"
for name, end in (("os._exit", os._exit), ("sys.exit", sys.exit)):
    lock = filelock.FileLock("lock")
    lock.acquire()
    child = os.fork()
    if child == 0:
        end(0)
    os.waitpid(child, 0)
    taken = subprocess.run([sys.executable, "-c", other], stderr=subprocess.DEVNULL).returncode == 0
    print(f"{name}: {'locked' if lock.is_locked else 'free'}, {'given to another' if taken else 'refused to others'}")
    lock.release()
PY
seen=$(/usr/bin/python3 fork.py)
echo "$seen"
[ "$seen" = "os._exit: locked, refused to others
sys.exit: locked, given to another" ]
