/* SPDX-License-Identifier: Apache-2.0
 *
 * b9-spec.h: a container's OCI spec (config.json) as plugins read and edit it.
 *
 * What a plugin is given is a copy; the caller's bundle is never changed.  Values are JSON text and are named
 * by JSON pointers (RFC 6901: "/linux/devices/0/path", "~1" for "/", "~0" for "~" in a name).  Members of
 * OCI's structures are found whatever their case, as the runtimes find them; below a map with free keys
 * ("annotations") names are exact.  What is not edited keeps every byte: order, unknown members, the digits
 * of numbers.
 */
#ifndef B9RUN_SPEC_H
#define B9RUN_SPEC_H

#include <glib.h>

G_BEGIN_DECLS

/**
 * B9SpecKind:
 *
 * What a value is; #B9_SPEC_ABSENT also stands for null.
 *
 * Since: 0.1
 */
typedef enum {
  B9_SPEC_ABSENT = 0,
  B9_SPEC_BOOLEAN,
  B9_SPEC_NUMBER,
  B9_SPEC_STRING,
  B9_SPEC_ARRAY,
  B9_SPEC_OBJECT,
} B9SpecKind;

typedef struct _B9Spec B9Spec;

/**
 * B9Spec:
 * @struct_size: the host's size of this structure.
 * @data: the host's own.
 * @kind: what stands at @pointer, a #B9SpecKind.
 * @length: how many elements or members the value at @pointer has; 0 for what is neither array nor object.
 * @member_name: the name of the member with this index of the object at @pointer; g_free(), or %NULL.
 * @json: the value at @pointer as JSON text, byte for byte; g_free(), or %NULL where it is absent.
 * @string: the text at @pointer, decoded; *@value is %NULL where it is absent (g_free()).  Another kind, and
 * text with a NUL in it, is #B9_ERROR_BAD_INPUT with file, place and line.
 * @integer: the same for a whole number; *@value is untouched where it is absent.
 * @boolean: the same for true and false.
 * @set: makes @json the value at @pointer, adding the member, and the objects above it, where they are
 * missing. "-" as the last part appends to an array, which is made where it is missing.
 * @remove: takes the member or element at @pointer away; later elements move down.  Absent is no error.
 * @note: records a change, or something left alone, that needs no edit of its own (@action in the
 * past tense: "dropped hook …"); shown by `b9run explain`.
 *
 * Every edit names its @cause, in words that `b9run explain` prints: "cdi: /etc/cdi/nvidia.yaml, device
 * nvidia.com/gpu=0".  The functions that fail set #B9_ERROR_BAD_INPUT.  Valid for the length of the call that
 * it is passed to.
 *
 * Since: 0.1
 */
struct _B9Spec {
  gsize struct_size;
  void *data;
  B9SpecKind (*kind) (const B9Spec *spec, const char *pointer);
  guint (*length) (const B9Spec *spec, const char *pointer);
  char *(*member_name) (const B9Spec *spec, const char *pointer, guint index);
  char *(*json) (const B9Spec *spec, const char *pointer);
  gboolean (*string) (const B9Spec *spec, const char *pointer, char **value, GError **error);
  gboolean (*integer) (const B9Spec *spec, const char *pointer, gint64 *value, GError **error);
  gboolean (*boolean) (const B9Spec *spec, const char *pointer, gboolean *value, GError **error);
  gboolean (*set) (B9Spec *spec, const char *pointer, const char *json, const char *cause, GError **error);
  gboolean (*remove) (B9Spec *spec, const char *pointer, const char *cause, GError **error);
  void (*note) (B9Spec *spec, const char *pointer, const char *action, const char *cause);
};

G_END_DECLS

#endif /* B9RUN_SPEC_H */
