/* SPDX-License-Identifier: Apache-2.0
 *
 * fixture.h: a sound plugin in pieces, of which each file here spoils one.
 *
 * NAME.c becomes NAME.so; the registry's test copies it to a plugin directory and compares the sentence that
 * it is refused with.  When it is loaded, a fixture appends its name to the file that B9_TEST_WITNESS names.
 */
#ifndef B9_FIXTURE_H
#define B9_FIXTURE_H

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <b9run/b9-backend.h>

/* A flaw is written behind the sound value that it replaces. */
#pragma GCC diagnostic ignored "-Woverride-init"

static inline gboolean
fixture_find (const B9Host *host, const char *root, const char *id)
{
  return host != NULL && root != NULL && id != NULL;
}

static inline B9Way
fixture_way (const B9Host *host, B9Operation operation, const B9RequestOption *const *options)
{
  return host == NULL && options == NULL && operation == B9_OPERATION_RUN ? B9_WAY_CHILD : B9_WAY_UNSUPPORTED;
}

static inline char **
fixture_build_argv (const B9Host *host, const B9Request *request, GError **error)
{
  (void)host;
  (void)request;
  (void)error;
  return NULL;
}

static const char *const fixture_programs[] G_GNUC_UNUSED = {"fixture", NULL};

#define FIXTURE_BACKEND                                                                            \
  .struct_size = sizeof (B9Backend), .programs = fixture_programs, .default_root = "/run/fixture", \
  .find = fixture_find, .way = fixture_way, .build_argv = fixture_build_argv

static const B9Backend fixture_backend G_GNUC_UNUSED = {FIXTURE_BACKEND};

#define FIXTURE_PROVIDER                                                             \
  .struct_size = sizeof (B9Provider), .kind = B9_PROVIDER_BACKEND, .name = "flawed", \
  .vtable = &fixture_backend

static const B9Provider fixture_provider G_GNUC_UNUSED = {FIXTURE_PROVIDER};

static const B9Provider *const fixture_providers[] G_GNUC_UNUSED = {&fixture_provider, NULL};

#define FIXTURE_DESCRIPTOR                                                            \
  B9_PLUGIN_PREFIX (0), .name = "fixture", .version = "1.0", .license = "Apache-2.0", \
                        .summary = "Is a test.", .providers = fixture_providers

static inline void
fixture_bear_witness (const char *module)
{
  const char *path = getenv ("B9_TEST_WITNESS");
  int fd = path != NULL ? open (path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;

  if (fd < 0)
    return;
  if (write (fd, module, strlen (module)) < 0 || write (fd, "\n", 1) < 0)
    _exit (99);
  close (fd);
}

/* The whole module, but for the members of the descriptor that follow. */
#define FIXTURE(module, ...)                                      \
  __attribute__ ((constructor)) static void fixture_loaded (void) \
  {                                                               \
    fixture_bear_witness (#module);                               \
  }                                                               \
  B9_PLUGIN_DEFINE (module) = {FIXTURE_DESCRIPTOR, __VA_ARGS__}

/* The whole module, but for members of its one provider. */
#define FIXTURE_WITH_PROVIDER(module, ...)                                      \
  static const B9Provider spoilt_provider = {FIXTURE_PROVIDER, __VA_ARGS__};    \
  static const B9Provider *const spoilt_providers[] = {&spoilt_provider, NULL}; \
  FIXTURE (module, .providers = spoilt_providers)

/* The whole module, but for members of its one vtable. */
#define FIXTURE_WITH_BACKEND(module, ...)                                 \
  static const B9Backend spoilt_backend = {FIXTURE_BACKEND, __VA_ARGS__}; \
  FIXTURE_WITH_PROVIDER (module, .vtable = &spoilt_backend)

#endif /* B9_FIXTURE_H */
