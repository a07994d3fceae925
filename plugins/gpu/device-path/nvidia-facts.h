/* SPDX-License-Identifier: Apache-2.0
 *
 * nvidia-facts.h: reads what nvidia-host.c judges.
 */
#ifndef B9_NVIDIA_FACTS_H
#define B9_NVIDIA_FACTS_H

#include <b9run/b9-host.h>
#include <sys/types.h>

G_BEGIN_DECLS

/* Fixed since the first of NVIDIA's drivers for Linux (nvidia-modprobe-utils.h). */
#define NVIDIA_MAJOR 195
#define NVIDIA_CONTROL_MINOR 255

/* No minor: the driver does not say, or none is wanted. */
#define NVIDIA_NO_MINOR (-1)

/* One /proc/driver/nvidia/gpus/BUS/information. */
typedef struct {
  char *bus;   /* "0000:3b:00.0" */
  char *model; /* or NULL where the driver does not say */
  char *uuid;  /* likewise */
  int minor;   /* of /dev/nvidiaMINOR; it is not the index that nvidia-smi counts */
  gboolean excluded;
  guint instances; /* MIG's GPU instances */
} NvidiaGpu;

/* One device node that should be there, or is there. */
typedef struct {
  char *path;
  gboolean wanted; /* the driver has a device for it */
  gboolean exists;
  mode_t mode;      /* of the node itself, links not followed */
  int major, minor; /* of the node */
  int true_major;   /* what the driver has; -1 where it has none */
  int true_minor;
  gboolean accessible; /* the caller may read and write it */
} NvidiaNode;

typedef struct {
  char *version_text;     /* the first line of /proc/driver/nvidia/version; NULL: no driver is loaded */
  char *version;          /* "570.124.06"; NULL where the line has none */
  gboolean open_module;   /* the open kernel module */
  char *module_version;   /* /sys/module/nvidia/version, or NULL */
  int control_major;      /* of /proc/devices: "nvidia", or "nvidia-frontend" before 550.40; -1: none */
  int uvm_major;          /* "nvidia-uvm" */
  int caps_major;         /* "nvidia-caps", which MIG needs */
  GPtrArray *gpus;        /* of NvidiaGpu, by bus address: the order of nvidia-smi's indices */
  GPtrArray *nodes;       /* of NvidiaNode, by path */
  GPtrArray *unreadable;  /* of char *: what could not be read, and why */
  GPtrArray *pci_devices; /* of char *: NVIDIA's GPUs on the PCI bus */
} NvidiaFacts;

NvidiaFacts *nvidia_facts_read (const B9Host *host);
void nvidia_facts_free (NvidiaFacts *facts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NvidiaFacts, nvidia_facts_free)

/* The first "570.124.06" or "570.12" of @text as a word; g_free(), or NULL. */
char *nvidia_version_in (const char *text);

/* The versions of the libraries NAME.so.VERSION ("libcuda") in the usual directories; of char *, sorted. */
GPtrArray *nvidia_library_versions (const B9Host *host, const char *name);

/* The names in a directory below the redirected root that begin with @prefix, sorted; empty where there is
 * none. */
GPtrArray *nvidia_names_in (const B9Host *host, const char *directory, const char *prefix);

G_END_DECLS

#endif /* B9_NVIDIA_FACTS_H */
