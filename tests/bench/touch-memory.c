/* SPDX-License-Identifier: Apache-2.0
 *
 * touch-memory.c: a container's command for tests/bench/checkpoint: it fills so many MiB, says so by a file,
 * and counts.  Built static, since the container has no libraries.
 *
 *   touch-memory MIB READY-FILE
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int
main (int argc, char **argv)
{
  size_t size = argc == 3 ? strtoul (argv[1], NULL, 10) << 20 : 0;
  volatile unsigned long count = 0;
  uint64_t *memory, number = 88172645463325252;
  int fd;

  memory = mmap (NULL, size + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (argc != 3 || memory == MAP_FAILED) {
    fprintf (stderr, "usage: touch-memory MIB READY-FILE\n");
    return 2;
  }
  /* xorshift: no page is like another, and none can be compressed. */
  for (size_t i = 0; i < size / sizeof *memory; i++) {
    number ^= number << 13;
    number ^= number >> 7;
    number ^= number << 17;
    memory[i] = number;
  }
  fd = open (argv[2], O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0 || close (fd) != 0)
    return 1;
  for (;; count++)
    usleep (20000);
}
