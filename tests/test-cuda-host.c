/* SPDX-License-Identifier: Apache-2.0
 *
 * test-cuda-host.c: what the cuda-checkpoint provider knows of the host: the driver and GPUs, against those
 * that an image was made with, the texts that tell of them, the matrix and doctor.
 */
#include "config.h"

#include "plugins/checkpoint/cuda-checkpoint/helper.h"
#include "tests/cuda-testing.h"

/* --- images --- */

#define GPU_A "GPU-11111111-2222-3333-4444-555555555555"
#define GPU_B "GPU-aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"

static void
put_gpu (const char *address, const char *uuid, const char *model)
{
  g_autofree char *directory = g_strdup_printf ("proc/driver/nvidia/gpus/%s", address);
  g_autofree char *name = g_strdup_printf ("%s/information", directory);
  g_autofree char *text = g_strdup_printf (
      "Model: \t\t %s\nIRQ:   \t\t 95\nGPU UUID: \t %s\nBus Location: \t %s\n", model, uuid, address);

  make_directory (directory);
  put_file (name, text);
}

#define FACT(fact_name, fact_value) \
  (&(const B9CheckpointFact){       \
      .struct_size = sizeof (B9CheckpointFact), .name = fact_name, .value = fact_value})

START_TEST (refuses_images_of_another_driver_or_other_gpus)
{
  const B9CheckpointFact *facts[] = {FACT ("cuda-checkpoint.driver", "580.65.06"),
                                     FACT ("cuda-checkpoint.gpu", GPU_A " NVIDIA H100 (0000:01:00.0)"), NULL};
  B9CheckpointJob job = make_job (B9_OPERATION_RESTORE, "runc", "host");
  g_autoptr (GError) error = NULL;

  job.facts = facts;
  put_gpu ("0000:41:00.0", GPU_A, "NVIDIA H100");
  ck_assert (cuda_check_image (&witness->host, &job, NULL));
  put_gpu ("0000:41:00.0", GPU_B, "NVIDIA H100");
  ck_assert (cuda_check_image (&witness->host, &job, NULL));
  put_gpu ("0000:41:00.0", GPU_A, "NVIDIA A100");
  ck_assert (!cuda_check_image (&witness->host, &job, &error));
  assert_failure (error, B9_ERROR_START_COLD,
                  "gpus-differ: the image was made with NVIDIA H100 as GPU 0, and here it is NVIDIA A100");
  g_clear_error (&error);
  put_gpu ("0000:42:00.0", GPU_B, "NVIDIA A100");
  ck_assert (!cuda_check_image (&witness->host, &job, &error));
  assert_failure (error, B9_ERROR_START_COLD, "gpus-differ: the image was made with 1 GPUs, and here are 2");
  g_clear_error (&error);
  put_driver ("580.95.05");
  ck_assert (!cuda_check_image (&witness->host, &job, &error));
  assert_failure (error, B9_ERROR_START_COLD,
                  "driver-differs: the image was made with NVIDIA driver 580.65.06, and here 580.95.05 is "
                  "loaded");
}
END_TEST

START_TEST (maps_gpus_where_the_driver_can)
{
  const char *recorded[] = {GPU_A " NVIDIA H100 (a)", NULL}, *present[] = {GPU_B " NVIDIA H100 (b)", NULL};
  g_autofree char *map = cuda_make_map (recorded, present, 580, NULL);
  g_autoptr (GError) error = NULL;

  ck_assert_str_eq (map, GPU_A "=" GPU_B);
  ck_assert_ptr_null (cuda_make_map (recorded, recorded, 555, &error));
  ck_assert_ptr_null (error);
  ck_assert_ptr_null (cuda_make_map (recorded, present, 570, &error));
  assert_failure (
      error, B9_ERROR_START_COLD,
      "gpus-differ: the image was made with other GPUs of this model, and drivers before 580 restore "
      "to the same ones only");
}
END_TEST

START_TEST (restores_onto_another_gpu_of_the_model)
{
  const B9CheckpointFact *facts[] = {FACT ("cuda-checkpoint.driver", "580.65.06"),
                                     FACT ("cuda-checkpoint.gpu", GPU_A " NVIDIA H100 (0000:01:00.0)"), NULL};
  B9CheckpointJob job = make_job (B9_OPERATION_RESTORE, "runc", "host");
  g_autofree char *pairs = NULL;
  g_autofree char *expected = NULL;

  use_method (0);
  put_gpu ("0000:41:00.0", GPU_B, "NVIDIA H100");
  begin (1);
  ck_assert (LOCK (NULL) && SUSPEND (NULL));
  cuda_close (&witness->host, session);
  job.facts = facts;
  session = cuda_open (&witness->host, &job, NULL);
  ck_assert (RESUME (NULL));
  pairs = get_file ("cuda/pairs");
  expected = g_strdup_printf ("%d 1 11 aa\n", processes[0].pid);
  ck_assert_str_eq (pairs, expected);
}
END_TEST

/* --- texts --- */

START_TEST (reads_versions_of_drivers)
{
  g_autofree char *closed = cuda_parse_driver (
      "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.12  Wed Sep 20 09:35:17 UTC 2023\n");
  g_autofree char *open = cuda_parse_driver (
      "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.10  Release Build  (x@y)  Wed\n");

  ck_assert_str_eq (closed, "535.104.12");
  ck_assert_str_eq (open, "570.86.10");
  ck_assert_ptr_null (cuda_parse_driver (""));
  ck_assert_ptr_null (cuda_parse_driver ("GCC version:  gcc 12.2.0\n"));
  ck_assert_ptr_null (cuda_parse_driver ("NVRM version: none\n570.1\n"));
}
END_TEST

START_TEST (reads_answers_of_the_helper)
{
  B9DeviceProcess list[] = {{.pid = 12}, {.pid = 120}};

  ck_assert (cuda_read_answer ("120 suspended 42 a word or two", list, 2));
  ck_assert_uint_eq (list[1].device_state, B9_DEVICE_SUSPENDED);
  ck_assert_uint_eq (list[1].device_bytes, 42);
  ck_assert_str_eq (list[1].problem, "a word or two");
  ck_assert_uint_eq (list[0].device_state, B9_DEVICE_NONE);
  ck_assert (cuda_read_answer ("12 strange 0", list, 2));
  ck_assert_uint_eq (list[0].device_state, B9_DEVICE_UNKNOWN);
  ck_assert (!cuda_read_answer ("13 running 0", list, 2));
  ck_assert (!cuda_read_answer ("12", list, 2));
  ck_assert (!cuda_read_answer ("", list, 2));
  g_free (list[1].problem);
}
END_TEST

START_TEST (reads_what_nvidia_smi_prints)
{
  g_autoptr (GHashTable) memory = g_hash_table_new_full (g_direct_hash, g_direct_equal, NULL, g_free);

  cuda_parse_smi ("1234, 512\n77, [N/A]\n1234, 8\n\nNo running processes found\n-1, 4\n99999999999, 4\n",
                  memory);
  ck_assert_uint_eq (g_hash_table_size (memory), 2);
  ck_assert_uint_eq (*(guint64 *)g_hash_table_lookup (memory, GINT_TO_POINTER (1234)), (guint64)520 << 20);
  ck_assert_uint_eq (*(guint64 *)g_hash_table_lookup (memory, GINT_TO_POINTER (77)), 0);
}
END_TEST

START_TEST (knows_the_states_of_cuda_checkpoint)
{
  ck_assert_int_eq (cuda_parse_state ("running"), CUDA_RUNNING);
  ck_assert_int_eq (cuda_parse_state ("checkpointed"), CUDA_CHECKPOINTED);
  ck_assert_int_eq (cuda_parse_state ("failed"), CUDA_FAILED);
  ck_assert_int_eq (cuda_parse_state ("runningx"), CUDA_OTHER);
  ck_assert_int_eq (cuda_parse_state (""), CUDA_OTHER);
}
END_TEST

START_TEST (gives_more_time_for_more_memory)
{
  ck_assert_uint_eq (cuda_bound_ms (0), 600000);
  ck_assert_uint_eq (cuda_bound_ms (1), 60000);
  ck_assert_uint_eq (cuda_bound_ms ((guint64)80 << 30), 60000 + 80 * 8192);
  ck_assert_uint_eq (cuda_bound_ms (G_MAXUINT64), G_MAXINT);
}
END_TEST

/* --- the matrix and doctor --- */

START_TEST (answers_for_this_host)
{
  g_autofree char *version = at_top ("proc/driver/nvidia/version");

  cuda_probe (&witness->host);
  ck_assert_ptr_nonnull (
      strstr (witness->text->str, "checkpoint.cuda CONDITIONAL [driver 580.65.06; libcuda: "));
  ck_assert_ptr_nonnull (strstr (witness->text->str, "\ncheckpoint.cuda.host CONDITIONAL "));
  ck_assert_ptr_nonnull (strstr (witness->text->str, "\ncheckpoint.cuda.plugin UNSUPPORTED "));
  ck_assert_ptr_nonnull (strstr (witness->text->str, "\ncheckpoint.cuda.remap CONDITIONAL "));
  g_string_truncate (witness->text, 0);
  put_driver ("575.57.08");
  cuda_probe (&witness->host);
  ck_assert_ptr_nonnull (strstr (
      witness->text->str, "driver 575.57.08 restores to the same GPUs only; 580 is the first that maps "
                          "them -> update NVIDIA's driver to 580 or later\n"));
  g_string_truncate (witness->text, 0);
  ck_assert_int_eq (unlink (version), 0);
  cuda_probe (&witness->host);
  ck_assert_ptr_nonnull (strstr (
      witness->text->str, "checkpoint.cuda UNSUPPORTED [/proc/driver/nvidia/version names no driver] no "
                          "NVIDIA driver is loaded -> install NVIDIA's driver, 570 or later\n"));
}
END_TEST

START_TEST (tells_the_doctor)
{
  g_autofree char *version = at_top ("proc/driver/nvidia/version");

  witness->program_output = "--action lock\n";
  cuda_examine (&witness->host);
  ck_assert_ptr_nonnull (strstr (witness->text->str,
                                 "ok cuda.driver driver 580.65.06 suspends CUDA processes by "
                                 "libcuda's functions\n"));
  ck_assert_ptr_nonnull (
      strstr (witness->text->str, "/lib/libcuda.so.1 answers, so containers with CUDA state can be saved\n"));
  g_string_truncate (witness->text, 0);
  put_file ("cuda/init", "100");
  cuda_examine (&witness->host);
  ck_assert_ptr_nonnull (
      strstr (witness->text->str, "problem cuda.checkpoint the CUDA driver cannot be used: "));
  g_string_truncate (witness->text, 0);
  put_driver ("550.90.07");
  cuda_examine (&witness->host);
  ck_assert_ptr_nonnull (strstr (witness->text->str, "warning cuda.driver driver 550.90.07 can only toggle"));
  g_string_truncate (witness->text, 0);
  ck_assert_int_eq (unlink (version), 0);
  cuda_examine (&witness->host);
  ck_assert_str_eq (witness->text->str,
                    "ok cuda.driver no NVIDIA driver is loaded, so there is no CUDA state to save\n");
}
END_TEST

int
main (void)
{
  TCase *images = cuda_case ("images");
  TCase *texts = cuda_case ("texts");
  TCase *host = cuda_case ("host");
  TCase *const cases[] = {images, texts, host, NULL};

  tcase_add_test (images, refuses_images_of_another_driver_or_other_gpus);
  tcase_add_test (images, maps_gpus_where_the_driver_can);
  tcase_add_test (images, restores_onto_another_gpu_of_the_model);
  tcase_add_test (texts, reads_versions_of_drivers);
  tcase_add_test (texts, reads_answers_of_the_helper);
  tcase_add_test (texts, reads_what_nvidia_smi_prints);
  tcase_add_test (texts, knows_the_states_of_cuda_checkpoint);
  tcase_add_test (texts, gives_more_time_for_more_memory);
  tcase_add_test (host, answers_for_this_host);
  tcase_add_test (host, tells_the_doctor);
  return run_cases ("cuda-host", cases);
}
