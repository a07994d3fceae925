/* SPDX-License-Identifier: Apache-2.0
 *
 * fake-cuda.h: a fake of NVIDIA's driver for processes that fake CUDA state.
 *
 * A fake CUDA process (fake-cuda-process) maps one page at a fixed address that begins with a mark and holds
 * its state, as a real one keeps its own; so the state goes into an image with the rest of its memory.  The
 * fakes of libcuda and of cuda-checkpoint change that page through /proc/PID/mem.
 *
 * FAKE_CUDA_DIR names a directory.  Files there say how an action (thread, state, lock, checkpoint, restore,
 * unlock) goes: ACTION.PID for one process, else ACTION, each of these words:
 *
 * - "take MS": it takes so long
 * - "fail CODE": it returns that CUresult and does nothing
 * - "hang": it never returns
 * - "together N": it waits until N are in it at once, a minute at most, else returns 999
 * - "ignored": it returns success and does nothing
 * - "kill-before", "kill-after": whoever does it is killed before or after it is done
 * - "kill-caller": the parent of whoever does it is killed first
 *
 * Further files there:
 *
 * - log: one line an action: "PID ACTION START END RESULT", times of CLOCK_MONOTONIC in ns
 * - met: an action had words
 * - memory: "PID BYTES" lines, for the fakes of NVML and nvidia-smi; with NVML a PID of 0 means every process
 * - init: the CUresult of cuInit
 */
#ifndef FAKE_CUDA_H
#define FAKE_CUDA_H

#include <stdint.h>
#include <sys/types.h>

#define FAKE_CUDA_ADDRESS 0x600000000000UL
#define FAKE_CUDA_MARK 0x5543454b41463942UL

typedef struct {
  uint64_t mark;
  volatile uint32_t state; /* CUprocessState */
} FakeCudaPage;

/* Does "lock", "checkpoint" and so on; a CUresult.  *state is set by "state". */
int fake_cuda_act (const char *action, pid_t pid, int *state);

const char *fake_cuda_directory (void);

#endif /* FAKE_CUDA_H */
