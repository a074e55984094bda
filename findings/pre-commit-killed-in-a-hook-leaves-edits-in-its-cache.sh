#!/usr/bin/env bash
# pre-commit 3.0.4 of Debian 12 (git 2.39): while hooks run, changes that are not staged are in no work tree. They are a patch
# below $PRE_COMMIT_HOME, by default ~/.cache/pre-commit, and the files have what is staged. Who kills it meanwhile, as a
# time limit of an agent does, leaves a tree that `git status` shows without those edits. No later run applies the patch, and
# its name tells a time and a pid but not the repository. What is saved of tree and repository does not have the edits.
# Seen: "before: MM, killed: M, next run: M, edit in 1 patch outside".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq pre-commit=3.0.4-1 python3-cfgv=3.3.1-2 python3-identify=2.5.17-1 nodeenv=0.13.4-1.1 \
  python3-virtualenv=20.17.1+ds-1 python3-yaml=6.0-3+b2 python3-distlib=0.3.6-1 python3-filelock=3.9.0-1+deb12u1 \
  python3-platformdirs=2.6.0-1 python3-pkg-resources=66.1.1-1+deb12u2 2>/dev/null
for package in *.deb; do dpkg --extract "$package" root; done
export PYTHONPATH=$folder/root/usr/lib/python3/dist-packages PRE_COMMIT_HOME=$folder/cache
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.invalid
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid
git init --quiet -b main repo
cd repo
cat >.pre-commit-config.yaml <<'END'
repos:
  - repo: local
    hooks:
      - { id: slow, name: slow, entry: "sh -c 'test -e ../no-wait || { touch ../runs; sleep 60; }'", language: system }
END
echo base >file
git add .
git commit --quiet --message base
echo staged >file
git add file
echo edited >file
read_state() {
  git status --porcelain file | cut -c1-2 | tr -d ' '
}
seen="before: $(read_state)"
setsid python3 -m pre_commit run >/dev/null 2>&1 &
runner=$!
until [ -e ../runs ]; do sleep 0.1; done
kill -KILL -- "-$runner"
wait "$runner" 2>/dev/null || true
seen+=", killed: $(read_state)"
touch ../no-wait
python3 -m pre_commit run >/dev/null 2>&1 || true
seen+=", next run: $(read_state), edit in $(grep --files-with-matches '^+edited' ../cache/patch* | wc -l) patch outside"
echo "$seen"
[ "$seen" = "before: MM, killed: M, next run: M, edit in 1 patch outside" ]
