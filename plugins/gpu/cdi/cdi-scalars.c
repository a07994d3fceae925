/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-scalars.c: YAML 1.1's implicit types as the reference implementation's YAML library resolves them.
 *
 * It knows yes, no, on, off, y and n; integers with a base as Go writes them (0x, 0o, 0b, and a leading 0 for
 * octal) and "_" between digits; no sexagesimal numbers, so 0:1 is text; dates stay text.
 */
#include "config.h"

#include "plugins/gpu/cdi/cdi-scalars.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define LONGEST_NUMBER 128

typedef struct {
  const char *word;
  CdiScalar value;
} Word;

#define NULL_WORD(text)       \
  {                           \
    text,                     \
    {                         \
      .kind = CDI_SCALAR_NULL \
    }                         \
  }
#define TRUTH(text, truth)                           \
  {                                                  \
    text,                                            \
    {                                                \
      .kind = CDI_SCALAR_BOOLEAN, .boolean = (truth) \
    }                                                \
  }
#define REAL(text, number)                       \
  {                                              \
    text,                                        \
    {                                            \
      .kind = CDI_SCALAR_FLOAT, .real = (number) \
    }                                            \
  }

static const Word words[] = {
    NULL_WORD (""),
    NULL_WORD ("~"),
    NULL_WORD ("null"),
    NULL_WORD ("Null"),
    NULL_WORD ("NULL"),
    TRUTH ("y", TRUE),
    TRUTH ("Y", TRUE),
    TRUTH ("yes", TRUE),
    TRUTH ("Yes", TRUE),
    TRUTH ("YES", TRUE),
    TRUTH ("true", TRUE),
    TRUTH ("True", TRUE),
    TRUTH ("TRUE", TRUE),
    TRUTH ("on", TRUE),
    TRUTH ("On", TRUE),
    TRUTH ("ON", TRUE),
    TRUTH ("n", FALSE),
    TRUTH ("N", FALSE),
    TRUTH ("no", FALSE),
    TRUTH ("No", FALSE),
    TRUTH ("NO", FALSE),
    TRUTH ("false", FALSE),
    TRUTH ("False", FALSE),
    TRUTH ("FALSE", FALSE),
    TRUTH ("off", FALSE),
    TRUTH ("Off", FALSE),
    TRUTH ("OFF", FALSE),
    REAL (".nan", NAN),
    REAL (".NaN", NAN),
    REAL (".NAN", NAN),
    REAL (".inf", INFINITY),
    REAL (".Inf", INFINITY),
    REAL (".INF", INFINITY),
    REAL ("+.inf", INFINITY),
    REAL ("+.Inf", INFINITY),
    REAL ("+.INF", INFINITY),
    REAL ("-.inf", -INFINITY),
    REAL ("-.Inf", -INFINITY),
    REAL ("-.INF", -INFINITY),
};

static gboolean
find_word (const char *text, gsize length, CdiScalar *scalar)
{
  if (length > 5)
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (words[i].word[0] == text[0] && strcmp (words[i].word, text) == 0) {
      *scalar = words[i].value;
      return TRUE;
    }
  return FALSE;
}

/* The digits of @text in the base that their prefix names, all of them. */
static gboolean
parse_magnitude (const char *text, guint64 *magnitude)
{
  guint base = 10;
  char *end;

  if (text[0] == '0' && text[1] != '\0') {
    char sign = g_ascii_tolower (text[1]);

    base = sign == 'x' ? 16 : sign == 'b' ? 2 : 8;
    text += sign == 'x' || sign == 'b' || sign == 'o' ? 2 : 1;
  }
  if (!g_ascii_isxdigit (text[0])) /* g_ascii_strtoull() would take a sign, a blank, or another 0x */
    return FALSE;
  if (base == 16 && text[0] == '0' && g_ascii_tolower (text[1]) == 'x')
    return FALSE;
  errno = 0;
  *magnitude = g_ascii_strtoull (text, &end, base);
  return *end == '\0' && errno == 0;
}

static gboolean
parse_integer (const char *text, CdiScalar *scalar)
{
  gboolean negative = text[0] == '-';
  guint64 magnitude;

  if (!parse_magnitude (text + (negative || text[0] == '+' ? 1 : 0), &magnitude))
    return FALSE;
  if (negative) {
    if (magnitude > (guint64)G_MAXINT64 + 1)
      return FALSE;
    *scalar = (CdiScalar){.kind = CDI_SCALAR_INTEGER, .integer = (gint64)(0 - magnitude)};
  } else if (magnitude > G_MAXINT64) {
    if (text[0] == '+')
      return FALSE;
    *scalar = (CdiScalar){.kind = CDI_SCALAR_LARGE, .large = magnitude};
  } else {
    *scalar = (CdiScalar){.kind = CDI_SCALAR_INTEGER, .integer = (gint64)magnitude};
  }
  return TRUE;
}

static const char *
skip_digits (const char *text)
{
  while (g_ascii_isdigit (*text))
    text++;
  return text;
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static gboolean
looks_like_float (const char *text)
{
  const char *digits = text + (*text == '-' || *text == '+' ? 1 : 0);
  const char *rest = skip_digits (digits);
  gboolean whole = rest > digits;

  if (*rest == '.') {
    const char *fraction = rest + 1;

    rest = skip_digits (fraction);
    if (!whole && rest == fraction)
      return FALSE;
  } else if (!whole) {
    return FALSE;
  }
  if (*rest == 'e' || *rest == 'E') {
    const char *exponent = rest + 1 + (rest[1] == '-' || rest[1] == '+' ? 1 : 0);

    rest = skip_digits (exponent);
    if (rest == exponent)
      return FALSE;
  }
  return *rest == '\0';
}

static CdiScalar
resolve_number (const char *text)
{
  CdiScalar scalar = {.kind = CDI_SCALAR_STRING};
  char plain[LONGEST_NUMBER + 1];
  gsize length = 0;

  for (const char *p = text; *p != '\0'; p++)
    if (*p != '_')
      plain[length++] = *p;
  plain[length] = '\0';

  if (plain[0] != '.' && parse_integer (plain, &scalar))
    return scalar;
  if (looks_like_float (plain)) {
    double real = g_ascii_strtod (plain, NULL);

    if (isfinite (real))
      scalar = (CdiScalar){.kind = CDI_SCALAR_FLOAT, .real = real};
  }
  return scalar;
}

/* Digits alone, as most numbers are, and few enough for 64 bits. */
static gboolean
parse_digits (const char *text, gsize length, CdiScalar *scalar)
{
  gint64 value = 0;

  if (length > 18 || (text[0] == '0' && length > 1))
    return FALSE;
  for (gsize i = 0; i < length; i++) {
    if (!g_ascii_isdigit (text[i]))
      return FALSE;
    value = value * 10 + (text[i] - '0');
  }
  *scalar = (CdiScalar){.kind = CDI_SCALAR_INTEGER, .integer = value};
  return TRUE;
}

CdiScalar
cdi_scalar_resolve (const char *text, gsize length)
{
  CdiScalar scalar = {.kind = CDI_SCALAR_STRING};
  char first = text[0];

  if (g_ascii_isdigit (first) && parse_digits (text, length, &scalar))
    return scalar;
  if (g_ascii_isdigit (first) || first == '+' || first == '-' || first == '.') {
    if (!g_ascii_isdigit (first) && find_word (text, length, &scalar))
      return scalar;
    return length <= LONGEST_NUMBER ? resolve_number (text) : scalar;
  }
  if (first == '\0' || strchr ("~yYnNtTfFoO", first) != NULL)
    find_word (text, length, &scalar);
  return scalar;
}

gboolean
cdi_scalar_is_null (const char *text, gsize length)
{
  return length == 0 || strcmp (text, "~") == 0 ||
         (length == 4 &&
          (strcmp (text, "null") == 0 || strcmp (text, "Null") == 0 || strcmp (text, "NULL") == 0));
}

/* The fewest digits that read back as @real, as "d.ddde+XX" parted into digits and exponent. */
static int
shortest_digits (double real, char digits[24])
{
  char text[40] = "";
  char format[8];
  gsize length = 0;

  for (int precision = 0; precision < 17; precision++) {
    g_snprintf (format, sizeof format, "%%.%de", precision);
    g_ascii_formatd (text, sizeof text, format, real);
    if (g_ascii_strtod (text, NULL) == real)
      break;
  }
  for (const char *p = text; *p != 'e' && *p != '\0'; p++)
    if (g_ascii_isdigit (*p))
      digits[length++] = *p;
  digits[length] = '\0';
  return (int)g_ascii_strtoll (strchr (text, 'e') + 1, NULL, 10);
}

/* As Go's 'g' format with the shortest precision: an exponent below -4 or from 6 on is written as such. */
static char *
float_text (double real)
{
  g_autoptr (GString) text = g_string_new (real < 0 ? "-" : "");
  char digits[24];
  int exponent;

  if (isnan (real))
    return g_strdup ("NaN");
  if (isinf (real))
    return g_strdup (real < 0 ? "-Inf" : "+Inf");
  exponent = shortest_digits (fabs (real), digits);
  if (exponent < -4 || exponent >= 6) {
    g_string_append_c (text, digits[0]);
    if (digits[1] != '\0')
      g_string_append_printf (text, ".%s", digits + 1);
    g_string_append_printf (text, "e%c%02d", exponent < 0 ? '-' : '+', ABS (exponent));
  } else if (exponent < 0) {
    g_string_append (text, "0.");
    for (int i = -1; i > exponent; i--)
      g_string_append_c (text, '0');
    g_string_append (text, digits);
  } else {
    int count = (int)strlen (digits);

    for (int i = 0; i <= exponent || i < count; i++) {
      if (i == exponent + 1)
        g_string_append_c (text, '.');
      g_string_append_c (text, i < count ? digits[i] : '0');
    }
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

char *
cdi_scalar_text (const CdiScalar *scalar)
{
  switch (scalar->kind) {
  case CDI_SCALAR_BOOLEAN:
    return g_strdup (scalar->boolean ? "true" : "false");
  case CDI_SCALAR_INTEGER:
    return g_strdup_printf ("%" G_GINT64_FORMAT, scalar->integer);
  case CDI_SCALAR_LARGE:
    return g_strdup_printf ("%" G_GUINT64_FORMAT, scalar->large);
  case CDI_SCALAR_FLOAT:
    return float_text (scalar->real);
  default:
    return g_strdup ("");
  }
}

gboolean
cdi_scalar_integer (const CdiScalar *scalar, gint64 *value)
{
  if (scalar->kind == CDI_SCALAR_FLOAT && fabs (scalar->real) < 9.0e18 &&
      floor (scalar->real) == scalar->real) {
    *value = (gint64)scalar->real;
    return TRUE;
  }
  *value = scalar->integer;
  return scalar->kind == CDI_SCALAR_INTEGER;
}
