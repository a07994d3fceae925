/* SPDX-License-Identifier: Apache-2.0
 *
 * test-checkpoint-vtable.c: which checkpoint providers the host takes.
 */
#include "config.h"

#include <b9run/b9-checkpoint.h>

#include "core/plugin/module-private.h"
#include "tests/suite-testing.h"

static gboolean
applies (const B9Host *host, const B9CheckpointJob *job, const B9DeviceProcess *processes, guint n_processes)
{
  return host == NULL || job == NULL || processes == NULL || n_processes == 0;
}

static gboolean
check (const B9CheckpointProvider *vtable, GError **error)
{
  const B9Provider provider = {
      .struct_size = sizeof provider, .kind = B9_PROVIDER_CHECKPOINT, .name = "test", .vtable = vtable};

  return b9_module_check_checkpoint (&provider, error);
}

static void
assert_refused (const B9CheckpointProvider *vtable, const char *message)
{
  g_autoptr (GError) error = NULL;

  ck_assert (!check (vtable, &error));
  assert_failure (error, B9_ERROR_PLUGIN, message);
}

START_TEST (takes_an_image_provider_with_nothing_but_its_role)
{
  const B9CheckpointProvider vtable = {.struct_size = sizeof vtable, .roles = B9_CHECKPOINT_IMAGE};
  g_autoptr (GError) error = NULL;

  ck_assert (check (&vtable, &error));
  ck_assert_ptr_null (error);
}
END_TEST

START_TEST (refuses_a_provider_without_a_role)
{
  const B9CheckpointProvider vtable = {.struct_size = sizeof vtable};

  assert_refused (&vtable, "its checkpoint \"test\" has no role; set .roles in its B9CheckpointProvider, and "
                           ".struct_size = sizeof (B9CheckpointProvider)");
}
END_TEST

START_TEST (refuses_a_provider_that_is_too_small_for_a_role)
{
  const B9CheckpointProvider vtable = {.struct_size = sizeof (gsize), .roles = B9_CHECKPOINT_IMAGE};

  assert_refused (&vtable, "its checkpoint \"test\" has no role; set .roles in its B9CheckpointProvider, and "
                           ".struct_size = sizeof (B9CheckpointProvider)");
}
END_TEST

START_TEST (refuses_a_role_that_no_host_knows)
{
  const B9CheckpointProvider vtable = {.struct_size = sizeof vtable, .roles = 64};

  assert_refused (&vtable, "its checkpoint \"test\" has the roles 0x40, none of which this b9run knows; use "
                           "those of B9CheckpointRole");
}
END_TEST

START_TEST (refuses_a_device_provider_that_cannot_choose)
{
  const B9CheckpointProvider vtable = {
      .struct_size = sizeof vtable, .roles = B9_CHECKPOINT_DEVICES, .applies = applies};

  assert_refused (&vtable,
                  "its checkpoint \"test\" lacks \"choose\", which every checkpoint must have; set it "
                  "in its B9CheckpointProvider");
}
END_TEST

START_TEST (refuses_a_device_provider_whose_size_ends_before_a_function)
{
  const B9CheckpointProvider vtable = {.struct_size = G_STRUCT_OFFSET (B9CheckpointProvider, choose),
                                       .roles = B9_CHECKPOINT_DEVICES,
                                       .applies = applies};

  assert_refused (&vtable,
                  "its checkpoint \"test\" lacks \"choose\", which every checkpoint must have; set it in its "
                  "B9CheckpointProvider, and .struct_size = sizeof (B9CheckpointProvider)");
}
END_TEST

START_TEST (refuses_a_key_without_a_summary)
{
  const B9ConfigKey key = {.struct_size = sizeof key, .name = "path", .type = B9_CONFIG_PATH};
  const B9ConfigKey *const keys[] = {&key, NULL};
  const B9CheckpointProvider vtable = {
      .struct_size = sizeof vtable, .roles = B9_CHECKPOINT_IMAGE, .config_keys = keys};

  assert_refused (&vtable,
                  "its checkpoint \"test\" has the key \"path\" whose summary is missing; correct it");
}
END_TEST

int
main (void)
{
  TCase *vtable = tcase_create ("vtable");

  tcase_add_test (vtable, takes_an_image_provider_with_nothing_but_its_role);
  tcase_add_test (vtable, refuses_a_provider_without_a_role);
  tcase_add_test (vtable, refuses_a_provider_that_is_too_small_for_a_role);
  tcase_add_test (vtable, refuses_a_role_that_no_host_knows);
  tcase_add_test (vtable, refuses_a_device_provider_that_cannot_choose);
  tcase_add_test (vtable, refuses_a_device_provider_whose_size_ends_before_a_function);
  tcase_add_test (vtable, refuses_a_key_without_a_summary);
  return run_cases ("checkpoint-vtable", (TCase *[]){vtable, NULL});
}
