/* SPDX-License-Identifier: Apache-2.0
 *
 * digest.c: see digest.h.
 *
 * GLib's SHA-256 does 160 MB a second where libcrypto, which uses the processor's own instructions, does ten
 * times that.  So libcrypto is opened where it is installed, and missed nowhere.
 */
#include "config.h"

#include "core/checkpoint/digest.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/sys/failure.h"
#include "core/sys/files.h"

#define BLOCK (1024 * 1024)
#define SHA256_BYTES 32

/* What is used of EVP(7). */
typedef struct {
  void *library;
  void *(*new_context) (void);
  void (*free_context) (void *context);
  const void *(*sha256) (void);
  int (*init) (void *context, const void *type, void *engine);
  int (*update) (void *context, const void *data, size_t size);
  int (*final) (void *context, unsigned char *digest, unsigned int *size);
} Crypto;

/* One computation, by libcrypto or by GLib. */
typedef struct _B9Digest {
  Crypto crypto;
  void *context;
  GChecksum *checksum;
} Digest;

static gboolean
find_symbol (void *library, const char *name, void *function)
{
  void *address = dlsym (library, name);

  memcpy (function, &address, sizeof address);
  return address != NULL;
}

static gboolean
crypto_open (Crypto *crypto)
{
  static const char *const names[] = {"libcrypto.so.3", "libcrypto.so.1.1"};

  for (guint i = 0; i < G_N_ELEMENTS (names) && crypto->library == NULL; i++)
    crypto->library = dlopen (names[i], RTLD_NOW | RTLD_LOCAL);
  return crypto->library != NULL && find_symbol (crypto->library, "EVP_MD_CTX_new", &crypto->new_context) &&
         find_symbol (crypto->library, "EVP_MD_CTX_free", &crypto->free_context) &&
         find_symbol (crypto->library, "EVP_sha256", &crypto->sha256) &&
         find_symbol (crypto->library, "EVP_DigestInit_ex", &crypto->init) &&
         find_symbol (crypto->library, "EVP_DigestUpdate", &crypto->update) &&
         find_symbol (crypto->library, "EVP_DigestFinal_ex", &crypto->final);
}

static void
digest_init (Digest *digest)
{
  if (crypto_open (&digest->crypto))
    digest->context = digest->crypto.new_context ();
  if (digest->context != NULL && digest->crypto.init (digest->context, digest->crypto.sha256 (), NULL) == 1)
    return;
  if (digest->context != NULL)
    digest->crypto.free_context (digest->context);
  digest->context = NULL;
  digest->checksum = g_checksum_new (G_CHECKSUM_SHA256);
}

/* The library stays open: closing it would run its clean-up, and b9run ends soon. */
static void
digest_clear (Digest *digest)
{
  if (digest->context != NULL)
    digest->crypto.free_context (digest->context);
  g_clear_pointer (&digest->checksum, g_checksum_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Digest, digest_clear)

static void
digest_update (Digest *digest, const unsigned char *data, gsize size)
{
  if (digest->context != NULL)
    digest->crypto.update (digest->context, data, size);
  else
    g_checksum_update (digest->checksum, data, (gssize)size);
}

static char *
digest_text (Digest *digest)
{
  unsigned char bytes[64];
  unsigned int size = 0;
  GString *text;

  if (digest->context == NULL)
    return g_strdup (g_checksum_get_string (digest->checksum));
  if (digest->crypto.final (digest->context, bytes, &size) != 1 || size != SHA256_BYTES)
    return NULL;
  text = g_string_new (NULL);
  for (guint i = 0; i < size; i++)
    g_string_append_printf (text, "%02x", bytes[i]);
  return g_string_free (text, FALSE);
}

static gboolean
read_all (Digest *digest, int fd, const char *path, guint64 *size, B9DigestProgress progress, gpointer data,
          GError **error)
{
  g_autofree unsigned char *block = g_malloc (BLOCK);
  ssize_t got;

  while ((got = read (fd, block, BLOCK)) != 0) {
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return b9_fail_errno (error, errno, "cannot read %s", path);
    digest_update (digest, block, (gsize)got);
    *size += (guint64)got;
    if (progress != NULL && !progress ((guint64)got, data))
      return b9_fail (error, B9_ERROR_FAILED, "cancelled while %s was read", path);
  }
  return TRUE;
}

char *
b9_digest_file (const char *path, guint64 *size, B9DigestProgress progress, gpointer data, GError **error)
{
  b9_autofd fd = open (path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  g_auto (Digest) digest = {0};
  struct stat info;
  char *text;

  *size = 0;
  if (fd < 0 || fstat (fd, &info) != 0) {
    b9_fail_errno (error, errno, "cannot open %s", path);
    return NULL;
  }
  if (!S_ISREG (info.st_mode)) {
    b9_fail (error, B9_ERROR_BAD_INPUT, "%s is no plain file", path);
    return NULL;
  }
  posix_fadvise (fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  digest_init (&digest);
  if (!read_all (&digest, fd, path, size, progress, data, error))
    return NULL;
  text = digest_text (&digest);
  if (text == NULL)
    b9_fail (error, B9_ERROR_FAILED, "libcrypto could not finish the digest of %s", path);
  return text;
}

B9Digest *
b9_digest_new (void)
{
  B9Digest *digest = g_new0 (B9Digest, 1);

  digest_init (digest);
  return digest;
}

void
b9_digest_add (B9Digest *digest, const void *data, gsize size)
{
  digest_update (digest, data, size);
}

char *
b9_digest_text (B9Digest *digest)
{
  return digest_text (digest);
}

void
b9_digest_free (B9Digest *digest)
{
  if (digest == NULL)
    return;
  digest_clear (digest);
  g_free (digest);
}
