/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-model.h: a CDI file as structures, and the tables that say how they are read, checked and kept.
 *
 * The members and their versions are those of the CDI specification (SPEC.md, "CDI JSON Specification") and
 * of the JSON names in its reference implementation (specs-go/config.go), which differ from SPEC.md in
 * intelRdt's "schemata" and in "additionalGids".  One table drives the reader (cdi-document.c), the minimum
 * version (cdi-validate.c) and the cache (cdi-cache.c), so that a new member of CDI is one line here.
 */
#ifndef CDI_MODEL_H
#define CDI_MODEL_H

#include <glib.h>

G_BEGIN_DECLS

/* The releases of CDI, in order; a member's `since` is one of them. */
typedef enum {
  CDI_UNKNOWN_VERSION = 0,
  CDI_0_1_0,
  CDI_0_2_0,
  CDI_0_3_0,
  CDI_0_4_0,
  CDI_0_5_0,
  CDI_0_6_0,
  CDI_0_7_0,
  CDI_0_8_0,
  CDI_1_0_0,
  CDI_1_1_0,
} CdiVersion;

typedef struct {
  gint64 value;
  gboolean given;
} CdiNumber;

/* Elements of the type that the field's table names; `given` tells an empty list from none. */
typedef struct {
  void *items;
  guint32 count;
  gboolean given;
} CdiList;

#define CDI_ITEM(list, Type, index) (&((const Type *)(list).items)[index])
#define CDI_TEXT_ITEM(list, index) (((const char *const *)(list).items)[index])

/* Every structure begins with the line of its file that it began in; 0 where that is not known. */
typedef struct {
  guint32 line;
  const char *key;
  const char *value;
} CdiPair;

typedef struct {
  guint32 line;
  const char *path;
  const char *host_path;
  const char *type;
  CdiNumber major;
  CdiNumber minor;
  CdiNumber file_mode;
  const char *permissions;
  CdiNumber uid;
  CdiNumber gid;
} CdiDeviceNode;

typedef struct {
  guint32 line;
  const char *host_name;
  const char *name;
} CdiNetDevice;

typedef struct {
  guint32 line;
  const char *name; /* of the list that it is added to: "createContainer" */
  const char *path;
  CdiList args;
  CdiList env;
  CdiNumber timeout;
} CdiHook;

typedef struct {
  guint32 line;
  const char *host_path;
  const char *container_path;
  CdiList options;
  const char *type;
} CdiMount;

typedef struct {
  guint32 line;
  const char *clos_id;
  const char *l3_cache_schema;
  const char *mem_bw_schema;
  CdiList schemata;
  CdiNumber enable_monitoring;
} CdiIntelRdt;

typedef struct {
  guint32 line;
  CdiList env;         /* of texts */
  CdiList nodes;       /* of CdiDeviceNode */
  CdiList net_devices; /* of CdiNetDevice */
  CdiList hooks;       /* of CdiHook */
  CdiList mounts;      /* of CdiMount */
  CdiIntelRdt *rdt;    /* or NULL */
  CdiList gids;        /* of gint64 */
} CdiEdits;

typedef struct {
  guint32 line;
  const char *name;
  CdiList annotations; /* of CdiPair */
  CdiEdits edits;
} CdiDevice;

typedef struct {
  guint32 line;
  const char *version;
  const char *kind;
  CdiList annotations; /* of CdiPair */
  CdiList devices;     /* of CdiDevice */
  CdiEdits edits;      /* with any of the devices, once */
} CdiSpec;

typedef enum {
  CDI_TEXT,     /* const char *, NULL where absent */
  CDI_INTEGER,  /* CdiNumber of 64 bits */
  CDI_UNSIGNED, /* CdiNumber of 32 bits */
  CDI_BOOLEAN,  /* CdiNumber */
  CDI_TEXTS,    /* CdiList of const char * */
  CDI_NUMBERS,  /* CdiList of gint64 within 32 bits, unsigned */
  CDI_PAIRS,    /* CdiList of CdiPair: a map with free keys */
  CDI_STRUCT,   /* the structure itself */
  CDI_OPTIONAL, /* a pointer to the structure, or NULL */
  CDI_STRUCTS,  /* CdiList of structures */
} CdiFieldKind;

typedef struct _CdiType CdiType;

typedef struct {
  const char *name;
  CdiFieldKind kind;
  CdiVersion since;
  gsize offset;
  const CdiType *type;
} CdiField;

struct _CdiType {
  const char *name; /* for messages: "a device node" */
  gsize size;
  const CdiField *fields; /* ended by a NULL name */
  gboolean null_is_empty; /* in a list; else null is refused, where the reference implementation crashes */
};

extern const CdiType cdi_spec_type;

#define CDI_FIELD(object, field, Type) ((Type *)((char *)(object) + (field)->offset))
#define CDI_CONST_FIELD(object, field, Type) ((Type const *)((const char *)(object) + (field)->offset))

/* How large an element of the list is. */
gsize cdi_item_size (const CdiField *field);

/* "1.1.0" or "v1.1.0"; CDI_UNKNOWN_VERSION for what was never released. */
CdiVersion cdi_version_parse (const char *text);
const char *cdi_version_name (CdiVersion version);

G_END_DECLS

#endif /* CDI_MODEL_H */
