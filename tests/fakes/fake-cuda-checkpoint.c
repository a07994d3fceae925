/* SPDX-License-Identifier: Apache-2.0
 *
 * fake-cuda-checkpoint.c: a fake of NVIDIA's cuda-checkpoint with its real options; see fake-cuda.h.
 *
 * As the real one's, its exit status is the CUresult.  FAKE_CUDA_TOGGLE_ONLY makes it that of a driver before
 * 555.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake-cuda.h"

static const struct option options[] = {
    {"get-state", no_argument, NULL, 's'},
    {"get-restore-tid", no_argument, NULL, 'r'},
    {"action", required_argument, NULL, 'a'},
    {"pid", required_argument, NULL, 'p'},
    {"timeout", required_argument, NULL, 't'},
    {"device-map", required_argument, NULL, 'd'},
    {"toggle", no_argument, NULL, 'g'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static int
show_help (void)
{
  puts ("--get-state --pid|-p PID\n--toggle --pid|-p PID");
  if (getenv ("FAKE_CUDA_TOGGLE_ONLY") == NULL)
    puts ("--action|-a lock|checkpoint|restore|unlock --pid|-p PID [--timeout|-t MS] [--device-map|-d "
          "OLD=NEW]");
  return 0;
}

int
main (int argc, char **argv)
{
  static const char *const names[] = {"running", "locked", "checkpointed", "failed"};
  const char *action = NULL;
  int pid = 0, state = 0, code, option;

  while ((option = getopt_long (argc, argv, "srahp:t:d:", options, NULL)) != -1) {
    if (option == 'h')
      return show_help ();
    if (option == '?' || option == 'g')
      return 1; /* nothing of ours toggles */
    if (option == 's')
      action = "state";
    else if (option == 'r')
      action = "thread";
    else if (option == 'a')
      action = optarg;
    else if (option == 'p')
      pid = atoi (optarg);
  }
  if (action == NULL || pid <= 0)
    return 1;
  code = fake_cuda_act (action, pid, &state);
  if (code != 0)
    fprintf (stderr, "Could not %s on process ID %d: \"error %d\"\n", action, pid, code);
  else if (strcmp (action, "state") == 0)
    puts (state >= 0 && state < 4 ? names[state] : "between");
  else if (strcmp (action, "thread") == 0)
    printf ("%d\n", pid);
  return code & 0xff;
}
