#!/usr/bin/env bash
# vcstool 0.3.0 of Debian 12 (Python 3.11, git 2.39): `vcs import --force`, which is to delete "existing directories if they
# don't contain the repository being imported", deletes a linked worktree of just that repository, with edits that are in
# no commit, and puts a clone there; it reports success. Only a .git that is a directory counts as a repository, and that
# of a worktree is a file, as is that of a submodule. `vcs status` passes over a worktree for the same reason.
# Seen: "clone: edited, 1 in vcs status; import: 0, edit kept", "worktree: edited, 0 in vcs status; import: 0, edit deleted".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq vcstool=0.3.0-2 python3-yaml=6.0-3+b2 python3-pkg-resources=66.1.1-1+deb12u2 2>/dev/null
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
cat >list.yaml <<YAML
repositories:
  slot:
    type: git
    url: file://$folder/origin
    version: main
YAML
vcs() {
  /usr/bin/python3 -m vcstool.commands.vcs "$@"
}
try() {
  mkdir pool
  git clone --quiet "file://$folder/origin" main
  git -C main switch --quiet --detach
  "$@"
  echo edited >pool/slot/file
  listed=$(cd pool && vcs status | grep --count '=== ' || true)
  status=0
  (cd pool && vcs import --force --input ../list.yaml) >/dev/null 2>&1 || status=$?
  kept=$(grep --quiet edited pool/slot/file && echo kept || echo deleted)
  echo "edited, $listed in vcs status; import: $status, edit $kept"
  rm -rf main pool
}
seen="clone: $(try git clone --quiet "file://$folder/origin" pool/slot)
worktree: $(try git -C main worktree add --quiet ../pool/slot main)"
echo "$seen"
[ "$seen" = "clone: edited, 1 in vcs status; import: 0, edit kept
worktree: edited, 0 in vcs status; import: 0, edit deleted" ]
