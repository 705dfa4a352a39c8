#!/usr/bin/env bash
# A real SLURM cluster of several nodes on this one machine, for as long as a command runs:
#   tests/cluster/cluster.sh NODES CPUS COMMAND...        CPUS: what each node offers, however many the machine has
# runs COMMAND on the cluster's head node, where sbatch, squeue and the others talk to this cluster, and leaves with its exit
# code; COMMAND may be bash, to look around. Inside it,
#   "$CLUSTER" crash N | boot N      node N loses power, and every process with it | comes back
#   "$CLUSTER" cut N | heal N        node N loses its network, while its processes go on | gets it back
# Exit 77, with the reason, where this machine cannot do it.
#
# The head and every node are namespaces (processes, network, host name, mounts), the nodes inside the head's. What is left when
# the command ends, or this script is killed, is ended by the kernel; nothing outside is written but a folder of its own under
# $TMPDIR, and the machine's network is not touched. Needs root and the Debian packages slurm-wlm, munge, iproute2.
set -euo pipefail
SUBNET=10.77.0

skip() {
  printf '\n*** SKIPPED: no cluster tests here: %s ***\n\n' "$1" >&2
  exit 77
}

# ---- Outside: a folder, and the head node in namespaces of its own.
launch() {
  [[ $(id -u) -eq 0 ]] || skip "they make network namespaces, which needs root"
  local tool
  for tool in munged slurmctld slurmd sbatch srun ip unshare; do
    PATH=$PATH:/usr/sbin:/sbin command -v "$tool" > /dev/null || skip "$tool is missing (bash cmake/install-packages.sh cluster)"
  done
  local spaces=(--pid --fork --kill-child --mount-proc --net --uts --mount --propagation private)
  unshare "${spaces[@]}" bash -c 'PATH=$PATH:/sbin:/usr/sbin; hostname x && ip link add dev port0 type veth peer name port1 && ip link add dev bridge0 type bridge' \
    2> /dev/null || skip "this machine, or its container, does not allow namespaces and virtual networks"

  local folder
  folder=$(mktemp -d "${TMPDIR:-/tmp}/lacuna-cluster.XXXXXX")
  # shellcheck disable=SC2064
  trap "rm -rf --one-file-system '$folder'" EXIT
  chmod 755 "$folder"
  local code=0
  # In the background, so that a signal is seen at once. If this script dies `unshare` is killed, and with it process 1 of the head
  # and every process of the cluster.
  setpriv --pdeathsig KILL unshare "${spaces[@]}" bash "$0" --head "$folder" "$@" &
  local head=$!
  trap 'kill -KILL "$head" 2> /dev/null; exit 143' TERM INT HUP
  wait "$head" || code=$?
  [[ $code -eq 0 || -z ${CLUSTER_KEEP_LOGS:-} ]] || cp -r "$folder/log" "$CLUSTER_KEEP_LOGS"
  exit "$code"
}

# ---- On the head: network, munge, controller, nodes, and then the command.
write_config() { # NODES CPUS
  local i
  cat > "$SLURM_CONF" <<CONF
ClusterName=lacuna
SlurmctldHost=head($SUBNET.254)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
# cred_expire: a requeued job waits that long (120 s by default).
AuthInfo=socket=$FOLDER/munge/socket,cred_expire=5
StateSaveLocation=$FOLDER/state
SlurmdSpoolDir=$FOLDER/node/%n/spool
# PMIx puts a folder here: of each node its own
TmpFS=$FOLDER/node/%n/tmp
SlurmctldPidFile=$FOLDER/slurmctld.pid
SlurmdPidFile=$FOLDER/node/%n/slurmd.pid
SlurmctldLogFile=$FOLDER/log/slurmctld.log
SlurmdLogFile=$FOLDER/log/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/affinity
MpiDefault=none
ReturnToService=2
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=2,bf_interval=2,batch_sched_delay=0
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$FOLDER/log/jobs.txt
# nodes may offer more processors than the machine has
SlurmdParameters=config_overrides
KillWait=5
OverTimeLimit=0
SlurmdTimeout=12
SlurmctldTimeout=30
MessageTimeout=8
NodeName=DEFAULT CPUs=$2 RealMemory=1500 State=UNKNOWN
PartitionName=all Nodes=n[1-$1] Default=YES MaxTime=INFINITE State=UP
CONF
  for ((i = 1; i <= $1; i++)); do echo "NodeName=n$i NodeAddr=$SUBNET.$i"; done >> "$SLURM_CONF"
}

head_node() { # FOLDER NODES CPUS COMMAND...
  export FOLDER=$1 CLUSTER SLURM_CONF=$1/slurm.conf TMPDIR=$1/tmp PATH=$PATH:/usr/sbin:/sbin
  CLUSTER=$(realpath "$0")
  local nodes=$2 cpus=$3 i
  shift 3
  hostname head
  export OMPI_MCA_mpi_yield_when_idle=1 # Open MPI under srun would spin, and the nodes share the processors of one machine
  mkdir -p "$FOLDER"/{state,log,munge,tmp}
  { echo "127.0.0.1 localhost"; echo "$SUBNET.254 head"; for ((i = 1; i <= nodes; i++)); do echo "$SUBNET.$i n$i"; done; } > "$FOLDER/hosts"
  mount --bind "$FOLDER/hosts" /etc/hosts # seen by the head and its nodes alone
  ip link set lo up
  ip link add dev nodes type bridge
  ip addr add "$SUBNET.254/24" dev nodes
  ip link set nodes up

  dd if=/dev/urandom of="$FOLDER/munge/key" bs=1024 count=1 2> /dev/null
  chown -R munge:munge "$FOLDER/munge"
  chmod 400 "$FOLDER/munge/key"
  setpriv --reuid=munge --regid=munge --clear-groups munged --force --key-file="$FOLDER/munge/key" --socket="$FOLDER/munge/socket" \
    --pid-file="$FOLDER/munge/pid" --log-file="$FOLDER/munge/log" --seed-file="$FOLDER/munge/seed"
  write_config "$nodes" "$cpus"
  slurmctld -f "$SLURM_CONF"
  for ((i = 1; i <= nodes; i++)); do boot "$i"; done
  for ((i = 0; i < 120; i++)); do
    [[ $(idle_nodes) -eq $nodes ]] && break
    sleep 0.25
  done
  if [[ $(idle_nodes) -ne $nodes ]]; then
    echo "the nodes did not come up:" >&2
    sinfo >&2 || true
    tail -n 20 "$FOLDER"/log/*.log >&2
    exit 1
  fi
  local code=0
  "$@" || code=$?
  exit "$code" # this is process 1: with it go the controller, the nodes and all that runs on them
}

idle_nodes() { sinfo -h -t idle -o %D 2> /dev/null | awk '{n += $1} END {print n + 0}'; }

# ---- A node: process 1 of its namespaces is a shell whose child is slurmd.
boot() { # N
  local i=$1 node=$FOLDER/node/$1
  node=$FOLDER/node/n$i
  mkdir -p "$node"/{spool,tmp}
  unshare --pid --fork --kill-child --mount-proc --net --uts --mount --propagation private bash "$0" --node "$i" \
    > "$FOLDER/log/n$i.out" 2>&1 < /dev/null &
  echo $! > "$node/pid"
  disown
  local inside=
  while [[ -z $inside ]]; do # the child of unshare lives in the new namespaces
    inside=$(cat "/proc/$!/task/$!/children" 2> /dev/null || true)
    inside=${inside// /}
    sleep 0.05
  done
  ip link del "n$i" 2> /dev/null || true # of a crash: the kernel takes a moment to remove it
  ip link add dev "n$i" type veth peer name eth0 netns "$inside"
  ip link set "n$i" master nodes up
}

node() { # N, in the namespaces
  hostname "n$1"
  mount -t tmpfs -o size=512m,mode=1777 tmpfs /dev/shm
  ip link set lo up
  until ip link show eth0 > /dev/null 2>&1; do sleep 0.05; done
  ip addr add "$SUBNET.$1/24" dev eth0
  ip link set eth0 up
  slurmd -D -N "n$1" -f "$SLURM_CONF" &
  wait $!
}

crash() { # N
  local pid
  pid=$(cat "$FOLDER/node/n$1/pid")
  kill -KILL "$pid"
  while kill -0 "$pid" 2> /dev/null; do sleep 0.05; done
}

case ${1:-} in
  --head) shift; head_node "$@" ;;
  --node) node "$2" ;;
  boot | crash) "$1" "$2" ;;
  cut) ip link set "n$2" down ;;
  heal) ip link set "n$2" up ;;
  *)
    [[ ${1:-} =~ ^[1-9][0-9]?$ && ${2:-} =~ ^[1-9][0-9]*$ && $# -ge 3 ]] || { sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 64; }
    launch "$@"
    ;;
esac
