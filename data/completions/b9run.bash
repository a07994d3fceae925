# shellcheck shell=bash disable=SC2207
# SPDX-License-Identifier: Apache-2.0
# Made by data/completions/generate from b9run's help; do not edit.

# The options of a command, or of b9run itself for "-".
_b9run_options() {
  case $1 in
    -) echo '--backend --root --pool --config --state-directory --log --log-format --debug --systemd-cgroup --rootless --cgroup-manager --criu --help -h --version -v' ;;
    create) echo '--bundle -b --console-socket --pid-file --no-pivot --no-new-keyring --preserve-fds --help -h' ;;
    start) echo '--help -h' ;;
    run) echo '--bundle -b --detach -d --no-monitor --console-socket --pid-file --keep --no-subreaper --no-pivot --no-new-keyring --preserve-fds --help -h' ;;
    wait) echo '--format -f --help -h' ;;
    state) echo '--help -h' ;;
    list) echo '--format -f --quiet -q --help -h' ;;
    kill) echo '--all -a --help -h' ;;
    delete) echo '--force -f --help -h' ;;
    exec) echo '--console-socket --cwd --env -e --tty -t --user -u --additional-gids -g --process -p --detach -d --pid-file --process-label --apparmor --no-new-privs --cap -c --preserve-fds --cgroup --ignore-paused --help -h' ;;
    ps) echo '--format -f --help -h' ;;
    pause) echo '--help -h' ;;
    resume) echo '--help -h' ;;
    update) echo '--resources -r --blkio-weight --cpu-period --cpu-quota --cpu-burst --cpu-share --cpu-rt-period --cpu-rt-runtime --cpu-idle --cpuset-cpus --cpuset-mems --kernel-memory --kernel-memory-tcp --memory --memory-reservation --memory-swap --pids-limit --l3-cache-schema --mem-bw-schema --help -h' ;;
    events) echo '--interval --stats --help -h' ;;
    checkpoint) echo '--image-path --work-path --parent-path --leave-running --tcp-established --tcp-skip-in-flight --link-remap --ext-unix-sk --shell-job --lazy-pages --status-fd --page-server --file-locks --pre-dump --manage-cgroups-mode --empty-ns --auto-dedup --ghost-limit --timeout --progress --no-digests --strategy --export --export-rootfs --help -h' ;;
    restore) echo '--bundle -b --detach -d --console-socket --pid-file --no-subreaper --no-pivot --no-new-keyring --no-monitor --image-path --work-path --tcp-established --tcp-close --ext-unix-sk --shell-job --link-remap --file-locks --manage-cgroups-mode --empty-ns --auto-dedup --lazy-pages --lsm-profile --lsm-mount-context --timeout --progress --verify-digests --import --ignore-rootfs --help -h' ;;
    checkpoint-info) echo '--json --check-host --verify-digests --help -h' ;;
    recover) echo '--help -h' ;;
    spec) echo '--bundle -b --rootless --help -h' ;;
    features) echo '--help -h' ;;
    capabilities) echo '--json --why --help -h' ;;
    cdi) echo '--json --help -h' ;;
    doctor) echo '--gpu --json --help -h' ;;
    explain) echo '--backend --bundle -b --id --diff --json --help -h' ;;
    plugins) echo '--json --help -h' ;;
    config) echo '--origin --help -h' ;;
    index) echo '--help -h' ;;
  esac
}

# What the value of COMMAND:OPTION is; nothing where it takes none.
_b9run_value() {
  case $1 in
    -:--backend) echo NAME ;;
    -:--root) echo DIR ;;
    -:--pool) echo WORD ;;
    -:--config) echo FILE ;;
    -:--state-directory) echo DIR ;;
    -:--log) echo FILE ;;
    -:--log-format) echo FORMAT ;;
    -:--rootless) echo WORD ;;
    -:--cgroup-manager) echo WORD ;;
    -:--criu) echo PATH ;;
    create:--bundle | create:-b) echo DIR ;;
    create:--console-socket) echo SOCKET ;;
    create:--pid-file) echo FILE ;;
    create:--preserve-fds) echo WORD ;;
    run:--bundle | run:-b) echo DIR ;;
    run:--console-socket) echo SOCKET ;;
    run:--pid-file) echo FILE ;;
    run:--preserve-fds) echo WORD ;;
    wait:--format | wait:-f) echo FORMAT ;;
    list:--format | list:-f) echo FORMAT ;;
    exec:--console-socket) echo SOCKET ;;
    exec:--cwd) echo DIR ;;
    exec:--env | exec:-e) echo WORD ;;
    exec:--user | exec:-u) echo WORD ;;
    exec:--additional-gids | exec:-g) echo WORD ;;
    exec:--process | exec:-p) echo FILE ;;
    exec:--pid-file) echo FILE ;;
    exec:--process-label) echo WORD ;;
    exec:--apparmor) echo WORD ;;
    exec:--cap | exec:-c) echo WORD ;;
    exec:--preserve-fds) echo WORD ;;
    exec:--cgroup) echo PATH ;;
    ps:--format | ps:-f) echo FORMAT ;;
    update:--resources | update:-r) echo FILE ;;
    update:--blkio-weight) echo WORD ;;
    update:--cpu-period) echo WORD ;;
    update:--cpu-quota) echo WORD ;;
    update:--cpu-burst) echo WORD ;;
    update:--cpu-share) echo WORD ;;
    update:--cpu-rt-period) echo WORD ;;
    update:--cpu-rt-runtime) echo WORD ;;
    update:--cpu-idle) echo WORD ;;
    update:--cpuset-cpus) echo WORD ;;
    update:--cpuset-mems) echo WORD ;;
    update:--kernel-memory) echo WORD ;;
    update:--kernel-memory-tcp) echo WORD ;;
    update:--memory) echo WORD ;;
    update:--memory-reservation) echo WORD ;;
    update:--memory-swap) echo WORD ;;
    update:--pids-limit) echo WORD ;;
    update:--l3-cache-schema) echo WORD ;;
    update:--mem-bw-schema) echo WORD ;;
    events:--interval) echo WORD ;;
    checkpoint:--image-path) echo DIR ;;
    checkpoint:--work-path) echo DIR ;;
    checkpoint:--parent-path) echo DIR ;;
    checkpoint:--status-fd) echo WORD ;;
    checkpoint:--page-server) echo WORD ;;
    checkpoint:--manage-cgroups-mode) echo WORD ;;
    checkpoint:--empty-ns) echo WORD ;;
    checkpoint:--ghost-limit) echo WORD ;;
    checkpoint:--timeout) echo WORD ;;
    checkpoint:--progress) echo WORD ;;
    checkpoint:--strategy) echo WORD ;;
    checkpoint:--export) echo FILE ;;
    checkpoint:--export-rootfs) echo WORD ;;
    restore:--bundle | restore:-b) echo DIR ;;
    restore:--console-socket) echo SOCKET ;;
    restore:--pid-file) echo FILE ;;
    restore:--image-path) echo DIR ;;
    restore:--work-path) echo DIR ;;
    restore:--manage-cgroups-mode) echo WORD ;;
    restore:--empty-ns) echo WORD ;;
    restore:--lsm-profile) echo WORD ;;
    restore:--lsm-mount-context) echo WORD ;;
    restore:--timeout) echo WORD ;;
    restore:--progress) echo WORD ;;
    restore:--import) echo FILE ;;
    spec:--bundle | spec:-b) echo DIR ;;
    capabilities:--why) echo WORD ;;
    explain:--backend) echo NAME ;;
    explain:--bundle | explain:-b) echo DIR ;;
    explain:--id) echo WORD ;;
  esac
}

_b9run_commands='create start run wait state list kill delete exec ps pause resume update events checkpoint restore checkpoint-info recover spec features capabilities cdi doctor explain plugins config index'

# What stands behind the options of a command.
_b9run_argument() {
  case $1 in
    create) echo 'ID' ;;
    start) echo 'ID' ;;
    run) echo 'ID' ;;
    wait) echo 'ID' ;;
    state) echo 'ID' ;;
    kill) echo 'ID:SIGNAL' ;;
    delete) echo 'ID' ;;
    exec) echo 'ID' ;;
    ps) echo 'ID' ;;
    pause) echo 'ID' ;;
    resume) echo 'ID' ;;
    update) echo 'ID' ;;
    events) echo 'ID' ;;
    checkpoint) echo 'ID' ;;
    restore) echo 'ID' ;;
    checkpoint-info) echo 'DIR' ;;
    recover) echo '[ID]' ;;
    cdi) echo 'list|check' ;;
    explain) echo '[create|run|restore]' ;;
    config) echo 'show|defaults|check' ;;
    index) echo 'check|rebuild' ;;
  esac
}

_b9run_complete_value() {
  local kind=$1 command=$2 current=$3
  case $kind in
    DIR) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$current")) ;;
    FILE | PATH | SOCKET) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$current")) ;;
    FORMAT)
      if [ "$command" = - ]; then COMPREPLY=($(compgen -W 'text json' -- "$current"))
      else COMPREPLY=($(compgen -W 'table json' -- "$current")); fi ;;
    NAME)
      COMPREPLY=($(compgen -W "$(b9run plugins 2>/dev/null | sed -n 's/:.*//; s/^ *backend //p')" -- "$current")) ;;
    ID) COMPREPLY=($(compgen -W "$(b9run list -q 2>/dev/null)" -- "$current")) ;;
    SIGNAL) COMPREPLY=($(compgen -A signal -- "$current") $(compgen -W 'TERM KILL INT HUP' -- "$current")) ;;
    *\|*) COMPREPLY=($(compgen -W "${kind//|/ }" -- "$current")) ;;
  esac
}

_b9run() {
  local current=${COMP_WORDS[COMP_CWORD]} command=- kind='' word arguments=0 i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [ "$kind" != '' ]; then
      # bash makes "=" a word of its own.
      [ "$word" = = ] || kind=''
      continue
    fi
    case $word in
      -*) kind=$(_b9run_value "$command:$word") ;;
      =) ;;
      *) if [ "$command" = - ]; then command=$word; else arguments=$((arguments + 1)); fi ;;
    esac
  done
  [ "$current" != = ] || current=
  if [ "$kind" != '' ]; then
    _b9run_complete_value "$kind" "$command" "$current"
  elif [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$(_b9run_options "$command")" -- "$current"))
  elif [ "$command" = - ]; then
    COMPREPLY=($(compgen -W "$_b9run_commands" -- "$current"))
  else
    kind=$(_b9run_argument "$command")
    case $kind:$arguments in
      *:0) _b9run_complete_value "${kind%%:*}" "$command" "$current" ;;
      ID:SIGNAL:1) _b9run_complete_value SIGNAL "$command" "$current" ;;
      'show|defaults|check:1') _b9run_complete_value FILE "$command" "$current" ;;
    esac
  fi
}

complete -F _b9run b9run b9run-runc b9run-runsc
