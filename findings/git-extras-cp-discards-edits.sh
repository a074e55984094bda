#!/usr/bin/env bash
# git-extras 6.5.0 of Debian 12 (git 2.39): `git cp`, which copies one file with its history, discards the edits of all other
# files that are not staged: it runs `git reset --hard HEAD^` twice on the way and does not look for local changes first.
# What is staged is committed with the message "Keep source.txt". It reports success. `cp` and
# `git mv` leave both alone.
# Seen: "cp: exit 0, edit kept, staged 1", "git mv: exit 0, edit kept, staged 2", "git cp: exit 0, edit gone, staged 0".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq git-extras=6.5.0-1 2>/dev/null
dpkg --extract git-extras_*.deb root
export PATH=$folder/root/usr/bin:$PATH
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.invalid
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid
try() {
  git init --quiet -b main repository
  cd repository
  for file in source.txt edited.txt staged.txt; do
    echo "$file" >$file
  done
  git add .
  git commit --quiet --message base
  echo edit | tee edited.txt >staged.txt
  git add staged.txt
  status=0
  "$@" source.txt copy.txt >/dev/null 2>&1 || status=$?
  edit=$([ "$(cat edited.txt)" = edit ] && echo kept || echo gone)
  echo "exit $status, edit $edit, staged $(git diff --cached --name-only | wc -l)"
  cd ..
  rm -rf repository
}
seen="cp: $(try cp)
git mv: $(try git mv)
git cp: $(try git cp)"
echo "$seen"
[ "$seen" = "cp: exit 0, edit kept, staged 1
git mv: exit 0, edit kept, staged 2
git cp: exit 0, edit gone, staged 0" ]
