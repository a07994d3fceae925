/* SPDX-License-Identifier: Apache-2.0
 *
 * failure.c: see failure.h.
 */
#include "config.h"

#include "core/sys/failure.h"

#include <errno.h>

const char *
b9_errno_text (int errnum)
{
  switch (errnum) {
  case ENOENT:
    return "it does not exist";
  case EACCES:
  case EPERM:
    return "access was refused";
  case ENOTDIR:
    return "a part of the path is no directory";
  case ELOOP:
    return "it is a symbolic link, or there are too many of them";
  default:
    return g_strerror (errnum);
  }
}

static gboolean G_GNUC_PRINTF (4, 0)
    fail_va (GError **error, int code, const char *suffix, const char *format, va_list arguments)
{
  g_autofree char *text = g_strdup_vprintf (format, arguments);

  if (suffix == NULL)
    g_set_error_literal (error, B9_ERROR, code, text);
  else
    g_set_error (error, B9_ERROR, code, "%s: %s", text, suffix);
  return FALSE;
}

gboolean
b9_fail_errno (GError **error, int errnum, const char *format, ...)
{
  int code = (errnum == EACCES || errnum == EPERM) ? B9_ERROR_PERMISSION : B9_ERROR_IO;
  va_list arguments;

  va_start (arguments, format);
  fail_va (error, code, b9_errno_text (errnum), format, arguments);
  va_end (arguments);
  return FALSE;
}

gboolean
b9_fail (GError **error, B9Error code, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  fail_va (error, (int)code, NULL, format, arguments);
  va_end (arguments);
  return FALSE;
}

/* What an error of our domain has beside its message (g_error_domain_register()). */
typedef struct {
  char *capability;
} Beside;

/* GLib lays it in front of the error, rounded up as it rounds everything. */
static Beside *
beside (const GError *error)
{
  const gsize unit = 2 * sizeof (gsize);

  return (Beside *)(void *)((char *)error - ((sizeof (Beside) + unit - 1) & ~(unit - 1)));
}

static void
beside_init (GError *error)
{
  beside (error)->capability = NULL;
}

static void
beside_copy (const GError *from, GError *to)
{
  beside (to)->capability = g_strdup (beside (from)->capability);
}

static void
beside_clear (GError *error)
{
  g_free (beside (error)->capability);
}

/* Before any error of the domain can be made, a plugin's too: GLib sizes each by what it knows then. */
__attribute__ ((constructor)) static void
extend_domain (void)
{
  g_error_domain_register_static ("b9-error-quark", sizeof (Beside), beside_init, beside_copy, beside_clear);
}

gboolean
b9_fail_capability (GError **error, const char *capability, const char *format, ...)
{
  GError *failure;
  va_list arguments;

  va_start (arguments, format);
  failure = g_error_new_valist (B9_ERROR, B9_ERROR_CAPABILITY, format, arguments);
  va_end (arguments);
  beside (failure)->capability = g_strdup (capability);
  g_propagate_error (error, failure);
  return FALSE;
}

const char *
b9_error_capability (const GError *error)
{
  return error->domain == B9_ERROR ? beside (error)->capability : NULL;
}

const char *
b9_error_name (int code)
{
  static const char *const names[] = {
      [B9_ERROR_FAILED] = "failed",
      [B9_ERROR_USAGE] = "usage",
      [B9_ERROR_BAD_INPUT] = "bad-input",
      [B9_ERROR_NOT_FOUND] = "container-not-found",
      [B9_ERROR_EXISTS] = "container-exists",
      [B9_ERROR_AMBIGUOUS] = "container-ambiguous",
      [B9_ERROR_NOT_RUNNING] = "container-not-running",
      [B9_ERROR_WRONG_STATE] = "container-wrong-state",
      [B9_ERROR_CONFLICT] = "conflict",
      [B9_ERROR_BACKEND_UNKNOWN] = "backend-unknown",
      [B9_ERROR_BACKEND_MISSING] = "backend-missing",
      [B9_ERROR_BACKEND_FAILED] = "backend-failed",
      [B9_ERROR_UNSUPPORTED] = "unsupported",
      [B9_ERROR_PLUGIN] = "plugin-refused",
      [B9_ERROR_CONFIG] = "configuration",
      [B9_ERROR_PERMISSION] = "permission",
      [B9_ERROR_TIMEOUT] = "timeout",
      [B9_ERROR_IO] = "input-output",
      [B9_ERROR_UNOBSERVED] = "exit-unobserved",
      [B9_ERROR_CAPABILITY] = "capability-unsupported",
      [B9_ERROR_START_COLD] = "start-cold",
      [B9_ERROR_BUSY] = "container-busy",
  };

  if (code < 0 || code >= (int)G_N_ELEMENTS (names) || names[code] == NULL)
    return "failed";
  return names[code];
}
