#!/usr/bin/env bash
# dulwich 0.21.2 of Debian 12 (Python 3.11, git 2.39): `porcelain.pull` writes each file of the pulled commit over the work
# tree, even if there is nothing new to pull, and raises no error: edits that are in no commit are gone, and a new file that
# was staged is untracked. They are in no object, unless they were staged. `git pull` says "Already up to date." and leaves
# them alone; where a pulled commit changes an edited file it refuses.
# Seen: "git: edited, A  added", "dulwich: committed, ?? added".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq python3-dulwich=0.21.2-1+b1 python3-urllib3=1.26.12-1+deb12u4 python3-six=1.16.0-4 2>/dev/null
for package in *.deb; do
  dpkg --extract "$package" root
done
export PYTHONPATH=$folder/root/usr/lib/python3/dist-packages
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.invalid
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid
git init --quiet -b main origin
echo committed >origin/file
git -C origin add file
git -C origin commit --quiet --message base
cat >pull.py <<'PY'
from io import BytesIO
from dulwich import porcelain
porcelain.pull(".", outstream=BytesIO(), errstream=BytesIO())
PY
try() {
  git clone --quiet origin clone
  cd clone
  echo edited >file
  echo new >added
  git add added
  "$@"
  echo "$(cat file), $(git status --short added)"
  cd ..
  rm -rf clone
}
seen="git: $(try git pull --quiet)
dulwich: $(try /usr/bin/python3 ../pull.py)"
echo "$seen"
[ "$seen" = "git: edited, A  added
dulwich: committed, ?? added" ]
