/* SPDX-License-Identifier: Apache-2.0
 *
 * cdi-plan.h: the edits of one injection while they are made up; private to cdi-inject*.c.
 */
#ifndef CDI_PLAN_H
#define CDI_PLAN_H

#include "plugins/gpu/cdi/cdi-array.h"
#include "plugins/gpu/cdi/cdi-inject.h"

G_BEGIN_DECLS

/* One device's edits, or a file's edits for all its devices. */
typedef struct {
  const CdiEdits *edits;
  char *cause; /* "cdi: /etc/cdi/nvidia.yaml, device nvidia.com/gpu=0" */
} CdiSource;

typedef struct {
  const B9Spec *spec;
  const CdiHostNodes *nodes;
  const char *backend;
  gboolean user_namespace;
  GPtrArray *sources; /* of CdiSource, in the order in which they apply */
  char *cause;        /* of lists that several sources change */
  GPtrArray *edits;   /* of CdiPlanned with json */
  GPtrArray *notes;   /* of CdiPlanned with action */
  GPtrArray *warnings;
} CdiPlan;

typedef struct {
  char *pointer;
  char *json;
  char *action;
  char *cause;
} CdiPlanned;

static inline const CdiSource *
cdi_plan_source (const CdiPlan *plan, guint index)
{
  return plan->sources->pdata[index];
}

void cdi_plan_set (CdiPlan *plan, const char *pointer, char *json, const char *cause); /* takes @json */
void cdi_plan_array (CdiPlan *plan, const CdiArray *array);                            /* if it has changed */
void cdi_plan_note (CdiPlan *plan, const char *pointer, const char *cause, const char *format, ...)
    G_GNUC_PRINTF (4, 5);

/* Each reads the spec and adds to the plan. */
gboolean cdi_plan_env (CdiPlan *plan, GError **error);
gboolean cdi_plan_devices (CdiPlan *plan, GError **error);
gboolean cdi_plan_net_devices (CdiPlan *plan, GError **error);
gboolean cdi_plan_mounts (CdiPlan *plan, GError **error);
gboolean cdi_plan_hooks (CdiPlan *plan, GError **error);
gboolean cdi_plan_rdt (CdiPlan *plan, GError **error);
gboolean cdi_plan_gids (CdiPlan *plan, GError **error);

G_END_DECLS

#endif /* CDI_PLAN_H */
