#!/usr/bin/env bash
# GitPython 3.1.30 of Debian 12 (Python 3.11, git 2.39): `index.commit()` runs the hooks of a main worktree, and none in a
# linked one: it looks for them below the worktree's own git directory, where git keeps none. So a commit that the hook
# forbids is made there, without a word. It does not read `core.hooksPath` either; 3.2.1 does, and still commits in a linked one.
# Seen: "main: git refuses, GitPython refuses; linked: git refuses, GitPython commits; hooksPath: git refuses, GitPython commits".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq python3-git=3.1.30-1+deb12u3 python3-gitdb=4.0.9-2 python3-smmap=5.0.0-1 2>/dev/null
for package in *.deb; do
  dpkg --extract "$package" root
done
export PYTHONPATH=$folder/root/usr/lib/python3/dist-packages
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.invalid
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid
git init --quiet -b main main
git -C main commit --quiet --allow-empty --message base
git -C main worktree add --quiet ../linked
git clone --quiet main hooksPath
printf '#!/bin/sh\nexit 1\n' >forbid
chmod +x forbid
cp forbid main/.git/hooks/pre-commit
mkdir hooks
mv forbid hooks/pre-commit
git -C hooksPath config core.hooksPath "$folder/hooks"
seen=
for place in main linked hooksPath; do
  git=refuses
  ! git -C "$place" commit --quiet --allow-empty --message change 2>/dev/null || git=commits
  gitpython=$(/usr/bin/python3 -c '
import git, sys
try:
    git.Repo(sys.argv[1]).index.commit("change")
    print("commits")
except git.HookExecutionError:
    print("refuses")' "$place")
  seen+="${seen:+; }$place: git $git, GitPython $gitpython"
done
echo "$seen"
[ "$seen" = "main: git refuses, GitPython refuses; linked: git refuses, GitPython commits; hooksPath: git refuses, GitPython commits" ]
