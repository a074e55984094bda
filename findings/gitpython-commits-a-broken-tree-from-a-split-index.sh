#!/usr/bin/env bash
# GitPython 3.1.30 and dulwich 0.21.2 of Debian 12 (Python 3.11, git 2.39): where the index is split in two
# (`core.splitIndex`, `git update-index --split-index`), adding a file and committing it makes a commit whose tree git cannot
# read: neither library reads the shared part of the index, and an entry without a name is written into the tree. No other
# file is in the commit. Both report success; git status, git diff and git fsck fail afterwards. GitPython 3.2.1 and dulwich
# 1.2.17 refuse such an index.
# Seen, of both: "whole index: file new other; split index: committed, fatal: empty filename in tree entry".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq python3-git=3.1.30-1+deb12u3 python3-gitdb=4.0.9-2 python3-smmap=5.0.0-1 2>/dev/null
apt-get download -qq python3-dulwich=0.21.2-1+b1 python3-urllib3=1.26.12-1+deb12u4 python3-six=1.16.0-4 2>/dev/null
for package in *.deb; do
  dpkg --extract "$package" root
done
export PYTHONPATH=$folder/root/usr/lib/python3/dist-packages
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.invalid
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid
with_gitpython() {
  /usr/bin/python3 -c '
import git
repository = git.Repo(".")
repository.index.add(["new"])
repository.index.commit("work")'
}
with_dulwich() {
  /usr/bin/python3 -c '
from dulwich import porcelain
porcelain.add(".", ["new"])
porcelain.commit(".", b"work", author=b"a <a@example.invalid>", committer=b"a <a@example.invalid>")' >/dev/null
}
try() {
  git init --quiet -b main main
  cd main
  echo committed >file
  echo committed >other
  git add .
  git commit --quiet --message base
  git update-index "$2"
  echo new >new
  "$1" && [ "$(git rev-list --count HEAD)" = 2 ] && committed=committed
  names=$(git ls-tree --name-only HEAD 2>&1 | paste -sd ' ')
  [ "$2" = --no-split-index ] && echo "$names" || echo "$committed, $names"
  cd ..
  rm -rf main
}
both() {
  echo "whole index: $(try "$1" --no-split-index); split index: $(try "$1" --split-index)"
}
seen="GitPython: $(both with_gitpython)
dulwich: $(both with_dulwich)"
echo "$seen"
[ "$seen" = "GitPython: whole index: file new other; split index: committed, fatal: empty filename in tree entry
dulwich: whole index: file new other; split index: committed, fatal: empty filename in tree entry" ]
