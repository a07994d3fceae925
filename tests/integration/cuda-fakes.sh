# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Fakes of NVIDIA's driver (tests/fakes/fake-cuda.h) for containers that real runtimes run.  Sourced after harness.sh.

# make_cuda_fakes DIR: a fake host with a GPU in DIR/host, libcuda and NVML in DIR/lib, cuda-checkpoint, a static process with
# fake CUDA state, and the folder DIR/cuda that tells them what to do.
make_cuda_fakes() {
  local dir=$1 fakes=$TOP/tests/fakes flags=(-D_GNU_SOURCE -O1)
  mkdir -p "$dir/lib" "$dir/cuda"
  "${CC:-cc}" "${flags[@]}" -shared -fPIC -o "$dir/lib/libcuda.so.1" "$fakes/fake-libcuda.c" "$fakes/fake-cuda.c" ||
    fail 'the fake libcuda does not compile'
  "${CC:-cc}" "${flags[@]}" -shared -fPIC -o "$dir/lib/libnvidia-ml.so.1" "$fakes/fake-nvml.c" "$fakes/fake-cuda.c" ||
    fail 'the fake NVML does not compile'
  "${CC:-cc}" "${flags[@]}" -o "$dir/cuda-checkpoint" "$fakes/fake-cuda-checkpoint.c" "$fakes/fake-cuda.c" ||
    fail 'the fake cuda-checkpoint does not compile'
  "${CC:-cc}" "${flags[@]}" -static -o "$dir/fake-cuda-process" "$fakes/fake-cuda-process.c" ||
    fail 'the fake CUDA process does not compile'
  sh "$fakes/nvidia-host.sh" "$dir/host" --driver 580.65.06 --no-nodes
}

# cuda_settings DIR METHOD: the part of b9run.yaml below "checkpoint:".
cuda_settings() {
  printf '  cuda-checkpoint:\n    library: %s\n    path: %s\n    method: %s\n' \
    "$1/lib/libcuda.so.1" "$1/cuda-checkpoint" "$2"
}

# add_cuda_process BUNDLE DIR: the container gets the program fake-cuda-process and a libcuda that it can map.
add_cuda_process() {
  cp "$2/fake-cuda-process" "$1/rootfs/bin/"
  mkdir -p "$1/rootfs/lib"
  echo text >"$1/rootfs/lib/libcuda.so.580"
}
