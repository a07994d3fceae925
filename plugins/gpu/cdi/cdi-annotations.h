/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-annotations.h: requests for CDI devices in a container's annotations.
 *
 * `cdi.k8s.io/ANYTHING: VENDOR/CLASS=NAME,VENDOR/CLASS=NAME`: no blanks and no empty items.  What stands
 * behind the prefix is free when it is read; names that we make follow PLUGIN_ID.
 */
#ifndef CDI_ANNOTATIONS_H
#define CDI_ANNOTATIONS_H

#include <glib.h>

G_BEGIN_DECLS

#define CDI_ANNOTATION_PREFIX "cdi.k8s.io/"

/* One device that is asked for, and where. */
typedef struct {
  char *device;
  char *annotation; /* the key; NULL where no annotation asks */
} CdiRequest;

/* Owns its requests, in order and each device once. */
typedef struct {
  GPtrArray *requests; /* of CdiRequest */
} CdiRequests;

CdiRequests *cdi_requests_new (void);
void cdi_requests_free (CdiRequests *requests);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CdiRequests, cdi_requests_free)
void cdi_requests_add (CdiRequests *requests, const char *device, const char *annotation);

/* Whether @key asks for CDI devices. */
gboolean cdi_annotation_matches (const char *key);

/* Adds what one annotation asks for; B9_ERROR_BAD_INPUT, naming the annotation, where one item is no device.
 * Call it for keys in ascending order: a map has none of its own, and the order decides which edit wins. */
gboolean cdi_annotation_parse (const char *key, const char *value, CdiRequests *requests, GError **error);

/* The key for @plugin and @device_id, at most 63 characters behind the prefix; g_free(), or NULL. */
char *cdi_annotation_key (const char *plugin, const char *device_id, GError **error);

/* The value for @devices, NULL-ended; g_free(), or NULL where one is no qualified name. */
char *cdi_annotation_value (const char *const *devices, GError **error);

/* Adds the annotation for @devices to @annotations (of char * to char *, owned), unless its key is taken. */
gboolean cdi_annotation_add (GHashTable *annotations, const char *plugin, const char *device_id,
                             const char *const *devices, GError **error);

G_END_DECLS

#endif /* CDI_ANNOTATIONS_H */
