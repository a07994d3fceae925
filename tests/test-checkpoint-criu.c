/* SPDX-License-Identifier: Apache-2.0
 *
 * test-checkpoint-criu.c: the criu provider: which CRIU is taken, what its logs and images mean, and what is
 * refused.  The logs in tests/data/criu-4.1.1 are CRIU's own, but for lines that are no errors.
 */
#include "config.h"

#include <fcntl.h>

#include "plugins/checkpoint/criu/criu.h"
#include "tests/examine-testing.h"

#define REMEDY " -> " CRIU_REMEDY

static const char *configured; /* checkpoint.criu.path */
static const char *ghost_limit;
static GBytes *cached;

static const char *
config_string (const B9Host *host G_GNUC_UNUSED, const char *key)
{
  return strcmp (key, "path") == 0 ? configured : ghost_limit;
}

static GBytes *
cache_read (const B9Host *host G_GNUC_UNUSED, const char *name)
{
  ck_assert_str_eq (name, "working");
  return cached != NULL ? g_bytes_ref (cached) : NULL;
}

static gboolean
cache_write (const B9Host *host G_GNUC_UNUSED, const char *name G_GNUC_UNUSED, GBytes *content)
{
  g_clear_pointer (&cached, g_bytes_unref);
  cached = g_bytes_ref (content);
  return TRUE;
}

static Witness *
make_witness (void)
{
  Witness *witness = witness_new ();

  witness->host.config_string = config_string;
  witness->host.cache_read = cache_read;
  witness->host.cache_write = cache_write;
  return witness;
}

/* --- which CRIU --- */

/* /old does not start here, /new passes, /odd is no CRIU. */
static const char *
answer (const char *argv, int *status)
{
  *status = 0;
  if (g_str_has_prefix (argv, "/odd"))
    return "odd: no such option\n";
  if (g_str_has_suffix (argv, "--version"))
    return g_str_has_prefix (argv, "/old") ? "Version: 3.17.1\n" : "Version: 4.1.1\n";
  if (g_str_has_prefix (argv, "/old")) {
    *status = 1;
    return "Error (criu/vdso.c:381): vdso: Unexpected rt vDSO area bounds\n"
           "Error (criu/vdso.c:613): vdso: Failed to fill self vdso symtable\n";
  }
  if (strstr (argv, "mem_dirty_track") != NULL) {
    *status = 1;
    return "Warn  (criu/cr-check.c:824): Dirty tracking is OFF. Memory snapshot will not work.\n";
  }
  return "Looks good.\n";
}

static void
probe (Witness *witness, const char *program)
{
  witness->program = program;
  witness->answer = answer;
  configured = program;
  criu_probe (&witness->host);
}

START_TEST (a_criu_that_fails_its_check_saves_nothing)
{
  g_autoptr (Witness) witness = make_witness ();

  probe (witness, "/old/criu");
  ck_assert_ptr_nonnull (strstr (witness->text->str,
                                 "checkpoint UNSUPPORTED [/old/criu check: vdso: Unexpected rt vDSO area "
                                 "bounds] /old/criu does not pass its own check on this kernel" REMEDY "\n"));
  ck_assert_ptr_nonnull (strstr (witness->text->str, "\nrestore UNSUPPORTED "));
  ck_assert_ptr_null (strstr (witness->text->str, " SUPPORTED ["));
}
END_TEST

/* CRIU's check wants root: a user's failure says nothing of this host. */
START_TEST (a_check_that_fails_without_root_tells_nothing)
{
  g_autoptr (Witness) witness = make_witness ();

  probe (witness, "/old/criu");
  ck_assert_ptr_nonnull (strstr (witness->text->str, "checkpoint UNKNOWN [/old/criu check: "));
  ck_assert_ptr_nonnull (
      strstr (witness->text->str, "] only root can let CRIU check itself -> run b9run as root\n"));
  ck_assert_ptr_null (strstr (witness->text->str, " SUPPORTED ["));
}
END_TEST

START_TEST (what_is_no_criu_is_none)
{
  g_autoptr (Witness) witness = make_witness ();

  probe (witness, "/odd/criu");
  ck_assert_ptr_nonnull (
      strstr (witness->text->str, "checkpoint UNSUPPORTED [/odd/criu check: odd: no such option]"));
}
END_TEST

START_TEST (a_criu_that_cannot_be_run_says_why)
{
  g_autoptr (Witness) witness = make_witness ();

  witness->program_error = "/x/criu did not end within 30 s";
  probe (witness, "/x/criu");
  ck_assert_ptr_nonnull (
      strstr (witness->text->str, "checkpoint UNSUPPORTED [/x/criu check: /x/criu did not end within 30 s]"));
}
END_TEST

START_TEST (a_criu_that_passes_answers_for_each_feature)
{
  g_autoptr (Witness) witness = make_witness ();

  probe (witness, "/new/criu");
  ck_assert_ptr_nonnull (strstr (witness->text->str,
                                 "checkpoint SUPPORTED [/new/criu check: passed (CRIU 4.1.1)]\n"
                                 "restore SUPPORTED [/new/criu check: passed (CRIU 4.1.1)]\n"
                                 "checkpoint.leave-running SUPPORTED [/new/criu check: passed (CRIU 4.1.1)]\n"
                                 "checkpoint.tcp "));
  ck_assert_ptr_nonnull (strstr (
      witness->text->str,
      "checkpoint.pre-dump UNSUPPORTED [criu check --feature mem_dirty_track: Warn  "
      "(criu/cr-check.c:824): Dirty tracking is OFF. Memory snapshot will not work.] this kernel does "
      "not track which memory has changed -> use a kernel with CONFIG_MEM_SOFT_DIRTY, or do without "
      "--pre-dump\n"
      "checkpoint.lazy-pages CONDITIONAL [criu check --feature uffd-noncoop: yes] the pages come from "
      "a `criu lazy-pages` daemon that the caller has to start\n"));
}
END_TEST

START_TEST (the_one_that_works_is_remembered_until_it_changes)
{
  g_autoptr (Witness) witness = make_witness ();
  g_autofree char *program = at_top ("criu");
  g_auto (CriuProgram) first = {0}, second = {0}, third = {0};

  put_file ("criu", "one");
  configured = program;
  witness->answer = answer;
  ck_assert (criu_find_working (&witness->host, &first, NULL));
  ck_assert_str_eq (first.version, "4.1.1");
  g_clear_pointer (&witness->program_argv, g_free);
  ck_assert (criu_find_working (&witness->host, &second, NULL));
  ck_assert_ptr_null (witness->program_argv);
  ck_assert_str_eq (second.path, program);
  ck_assert_str_eq (second.version, "4.1.1");
  put_file ("criu", "another");
  ck_assert (criu_find_working (&witness->host, &third, NULL));
  ck_assert_ptr_nonnull (witness->program_argv);
}
END_TEST

START_TEST (what_is_remembered_may_be_anything)
{
  static const char *const texts[] = {"", "\n\n\n\n", "b9run-criu-1\n/etc/passwd\n0 0 0 0.0\n4\n",
                                      "b9run-criu-1\nrelative\n\n\n", "b9run-criu-9\n/a\nb\nc\n"};

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (Witness) witness = make_witness ();
    g_autofree char *program = at_top ("criu");
    g_auto (CriuProgram) found = {0};

    put_file ("criu", "");
    configured = program;
    witness->answer = answer;
    g_clear_pointer (&cached, g_bytes_unref);
    cached = g_bytes_new (texts[i], strlen (texts[i]));
    ck_assert (criu_find_working (&witness->host, &found, NULL));
    ck_assert_str_eq (found.path, program);
  }
}
END_TEST

START_TEST (a_broken_one_is_refused_with_its_reason)
{
  g_autoptr (Witness) witness = make_witness ();
  g_auto (CriuProgram) found = {0};
  g_autoptr (GError) error = NULL;

  configured = "/old/criu";
  witness->answer = answer;
  ck_assert (!criu_find_working (&witness->host, &found, &error));
  assert_failure (
      error, B9_ERROR_UNSUPPORTED,
      "/old/criu does not pass its own check: vdso: Unexpected rt vDSO area bounds; " CRIU_REMEDY);
}
END_TEST

START_TEST (reads_versions)
{
  g_autofree char *version = criu_parse_version ("Version: 4.1.1\nGitID: v4\n");

  ck_assert_str_eq (version, "4.1.1");
  ck_assert_ptr_null (criu_parse_version ("Version: \n"));
  ck_assert_ptr_null (criu_parse_version (""));
  ck_assert (criu_version_reaches ("4.2", 4, 2));
  ck_assert (criu_version_reaches ("4.10", 4, 2));
  ck_assert (criu_version_reaches ("5", 4, 2));
  ck_assert (!criu_version_reaches ("4.1.1", 4, 2));
  ck_assert (!criu_version_reaches ("3.99", 4, 2));
  ck_assert (!criu_version_reaches ("new", 4, 2));
}
END_TEST

/* --- logs --- */

typedef struct {
  const char *log;
  B9Operation operation;
  B9Error code;
  const char *message; /* NULL: it says nothing better */
} Case;

#define SAVE "CRIU cannot save the container: "
#define RESTORE "CRIU cannot restore the container: "
#define DUMP_LOG "; its log is TOP/dump.log"
#define RESTORE_LOG "; its log is TOP/restore.log"

static const Case cases_of_logs[] = {
    {"dump-ok", B9_OPERATION_CHECKPOINT, 0, NULL},
    {"restore-good", B9_OPERATION_RESTORE, 0, NULL},
    {"dump-file", B9_OPERATION_CHECKPOINT, B9_ERROR_BACKEND_FAILED,
     SAVE
     "Can't lookup mount=27 for fd=1 path=/tmp/cap/out-file (criu/files-reg.c:1790): a process has a file "
     "of the host open; standard input, output and error must be pipes or /dev/null" DUMP_LOG},
    {"dump-sock", B9_OPERATION_CHECKPOINT, B9_ERROR_BACKEND_FAILED,
     SAVE
     "unix: Unix socket 4596938 not found (criu/sk-unix.c:351): a process has a socket whose other end is "
     "outside of the container; use pipes for its output" DUMP_LOG},
    {"dump-lock", B9_OPERATION_CHECKPOINT, B9_ERROR_BACKEND_FAILED,
     SAVE "Some file locks are hold by dumping tasks! You can try --file-locks to dump them. "
          "(criu/file-lock.c:110): give --file-locks to save the locks too" DUMP_LOG},
    {"dump-remap", B9_OPERATION_CHECKPOINT, B9_ERROR_BACKEND_FAILED,
     SAVE
     "Can't create link remap for /tmp/h. Use link-remap option. (criu/files-reg.c:1122): an open file was "
     "deleted while it had another name: give --link-remap" DUMP_LOG},
    {"dump-ghost", B9_OPERATION_CHECKPOINT, B9_ERROR_BACKEND_FAILED,
     SAVE
     "Can't dump ghost file /tmp/g of 3145728 size, increase limit (criu/files-reg.c:1031): a deleted file "
     "that is still open is too large: raise checkpoint.criu.ghost-limit in b9run.yaml" DUMP_LOG},
    {"dump-tcp", B9_OPERATION_CHECKPOINT, B9_ERROR_BACKEND_FAILED,
     SAVE "sockets: Can't get 1:16 opt: Operation not supported (criu/sockets.c:628): this kernel refuses a "
          "question that this CRIU asks of TCP sockets: a newer CRIU is needed" DUMP_LOG},
    {"restore-nopages", B9_OPERATION_RESTORE, B9_ERROR_START_COLD,
     RESTORE
     "Can't read pages data (-9) (criu/pie/restorer.c:1835): the image's memory pages are missing or cut "
     "off" RESTORE_LOG},
    {"restore-noinv", B9_OPERATION_RESTORE, B9_ERROR_START_COLD,
     RESTORE "Unexpected EOF on (empty-image) (criu/protobuf.c:72): a file of the image is missing or cut "
             "off" RESTORE_LOG},
    {"restore-coreflip", B9_OPERATION_RESTORE, B9_ERROR_START_COLD,
     RESTORE "Failed unpacking object 0x7ffc653e32d0 from /tmp/cap/img-x/core-1.img (criu/protobuf.c:101): a "
             "file of the image is damaged" RESTORE_LOG},
    {"restore-binsize", B9_OPERATION_RESTORE, B9_ERROR_START_COLD,
     RESTORE "File bin/lockdemo has bad size 762745 (expect 762744) (criu/files-reg.c:2175): the file in the "
             "root file system is not the one that was in use at the save" RESTORE_LOG},
    {"restore-nobin", B9_OPERATION_RESTORE, B9_ERROR_START_COLD,
     RESTORE
     "Can't open file bin/lockdemo on restore: No such file or directory (criu/files-reg.c:2353): the "
     "root file system lacks a file that was in use at the save" RESTORE_LOG},
};

static void
copy_data (const char *from, const char *to)
{
  g_autofree char *source = g_build_filename (B9_TEST_DATA, "criu-4.1.1", from, NULL);
  g_autofree char *target = at_top (to);
  g_autofree char *content = NULL;
  gsize size;

  ck_assert_msg (g_file_get_contents (source, &content, &size, NULL), "%s is missing", source);
  ck_assert (g_file_set_contents (target, content, (gssize)size, NULL));
}

static B9CheckpointJob
make_job (B9Operation operation)
{
  return (B9CheckpointJob){
      .struct_size = sizeof (B9CheckpointJob), .operation = operation, .image_path = top, .work_path = top};
}

START_TEST (says_the_cause_and_what_to_do)
{
  const Case *what = &cases_of_logs[_i];
  g_autofree char *name = g_strdup_printf ("%s.txt", what->log);
  B9CheckpointJob job = make_job (what->operation);
  g_autoptr (GError) error = NULL;

  copy_data (name, what->operation == B9_OPERATION_RESTORE ? "restore.log" : "dump.log");
  criu_explain_failure (NULL, &job, "criu failed: type NOTIFY errno 0", &error);
  if (what->message == NULL)
    ck_assert_ptr_null (error);
  else
    assert_failure_at_top (error, what->code, what->message);
}
END_TEST

START_TEST (says_that_a_configuration_file_may_be_wrong)
{
  B9CheckpointJob job = make_job (B9_OPERATION_CHECKPOINT);
  g_autoptr (GError) error = NULL;

  criu_explain_failure (NULL, &job, "CRIU version check failed: read criu-xprt-cln: connection reset by peer",
                        &error);
  assert_failure (
      error, B9_ERROR_BACKEND_FAILED,
      "CRIU version check failed: read criu-xprt-cln: connection reset by peer; CRIU ended without a "
      "log: look at its configuration files (/etc/criu, ~/.criu, $CRIU_CONFIG_FILE, the annotation "
      "org.criu.config)");
}
END_TEST

START_TEST (leaves_alone_what_it_does_not_know)
{
  B9CheckpointJob job = make_job (B9_OPERATION_CHECKPOINT);
  g_autoptr (GError) error = NULL;

  criu_explain_failure (NULL, &job, "Container cannot be checkpointed in created state", &error);
  ck_assert_ptr_null (error);
}
END_TEST

START_TEST (takes_logs_that_are_no_text)
{
  static const char *const logs[] = {"Error (",
                                     "Error (x",
                                     "Error (x)",
                                     "Error (x):",
                                     "Error (x): \xff\xfe\n",
                                     "\xff Error (\xff): \xff",
                                     "(1) Error (a:1): Dumping FAILED."};

  for (guint i = 0; i < G_N_ELEMENTS (logs); i++) {
    g_autofree char *place = NULL;
    g_autofree char *text = criu_first_error (logs[i], &place);

    ck_assert (text == NULL || (g_utf8_validate (text, -1, NULL) && g_utf8_validate (place, -1, NULL)));
  }
}
END_TEST

/* --- images --- */

START_TEST (reads_a_pagemap_of_criu)
{
  g_autofree char *path = g_build_filename (B9_TEST_DATA, "criu-4.1.1", "pagemap-1.img", NULL);
  g_autofree char *content = NULL;
  guint64 pages_id = 0, bytes = 0;
  gsize size;

  ck_assert (g_file_get_contents (path, &content, &size, NULL));
  ck_assert (criu_read_pagemap ((const guint8 *)content, size, 4096, &pages_id, &bytes, NULL));
  ck_assert_uint_eq (pages_id, 1);
  ck_assert_uint_eq (bytes, 53248); /* pages-1.img of the same image */
}
END_TEST

START_TEST (survives_any_damage_to_a_pagemap)
{
  g_autofree char *path = g_build_filename (B9_TEST_DATA, "criu-4.1.1", "pagemap-1.img", NULL);
  g_autoptr (GRand) random = g_rand_new_with_seed (20260102);
  g_autofree char *content = NULL;
  guint64 pages_id, bytes;
  gsize size;

  ck_assert (g_file_get_contents (path, &content, &size, NULL));
  for (gsize cut = 0; cut < size; cut++) {
    g_autofree guint8 *part = g_memdup2 (content, cut + 1); /* the last byte is past the end */
    g_autoptr (GError) error = NULL;

    if (!criu_read_pagemap (part, cut, 4096, &pages_id, &bytes, &error))
      ck_assert_int_eq (error->code, B9_ERROR_START_COLD);
  }
  for (guint round = 0; round < 20000; round++) {
    g_autofree guint8 *changed = g_memdup2 (content, size);
    g_autoptr (GError) error = NULL;

    for (guint i = 0; i < 3; i++)
      changed[g_rand_int_range (random, 0, (gint32)size)] = (guint8)g_rand_int (random);
    if (!criu_read_pagemap (changed, size, 4096, &pages_id, &bytes, &error))
      ck_assert_int_eq (error->code, B9_ERROR_START_COLD);
  }
}
END_TEST

static void
put_pages (gsize size)
{
  g_autofree char *pages = at_top ("pages-1.img");
  int fd = open (pages, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

  ck_assert_int_ge (fd, 0);
  ck_assert_int_eq (ftruncate (fd, (off_t)size), 0);
  close (fd);
}

static void
expect_cold (const char *message)
{
  B9CheckpointJob job = make_job (B9_OPERATION_RESTORE);
  g_autoptr (GError) error = NULL;

  ck_assert (!criu_check_image (NULL, &job, &error));
  assert_failure_at_top (error, B9_ERROR_START_COLD, message);
}

START_TEST (takes_a_whole_image)
{
  B9CheckpointJob job = make_job (B9_OPERATION_RESTORE);
  g_autoptr (GError) error = NULL;

  put_file ("inventory.img", "more than the magic");
  copy_data ("pagemap-1.img", "pagemap-1.img");
  put_pages (53248);
  ck_assert_msg (criu_check_image (NULL, &job, &error), "%s", error != NULL ? error->message : "");
}
END_TEST

START_TEST (refuses_an_image_without_its_inventory)
{
  expect_cold ("image-incomplete: TOP/inventory.img is missing or empty: the save did not come to its end");
}
END_TEST

START_TEST (refuses_pages_that_are_cut_off)
{
  put_file ("inventory.img", "more than the magic");
  copy_data ("pagemap-1.img", "pagemap-1.img");
  expect_cold ("image-incomplete: pages-1.img is missing, and pagemap-1.img calls for it");
  put_pages (53247);
  expect_cold ("image-truncated: pages-1.img has 53247 bytes, and pagemap-1.img calls for 53248");
}
END_TEST

START_TEST (refuses_a_pagemap_that_is_none)
{
  put_file ("inventory.img", "more than the magic");
  put_file ("pagemap-1.img", "This is no pagemap.");
  expect_cold ("image-damaged: pagemap-1.img: it is no pagemap of CRIU");
}
END_TEST

/* As a directory is that cannot be written, which root does not know. */
START_TEST (refuses_a_place_where_criu_cannot_write_its_log)
{
  B9CheckpointJob job = make_job (B9_OPERATION_RESTORE);
  g_autofree char *work = at_top ("file");
  g_autofree char *missing = at_top ("not-yet");
  g_autofree char *message = g_strdup_printf (
      "CRIU writes its log into %s, and cannot (Not a directory); name another directory for that with "
      "--work-path",
      work);
  g_autoptr (GError) error = NULL;

  put_file ("file", "");
  ck_assert (criu_check_work_path (&job, NULL));
  job.work_path = missing;
  ck_assert (criu_check_work_path (&job, NULL));
  job.work_path = work;
  ck_assert (!criu_check_work_path (&job, &error));
  assert_failure (error, B9_ERROR_IO, message);
}
END_TEST

START_TEST (refuses_an_image_that_is_not_there)
{
  g_autofree char *path = at_top ("none");
  B9CheckpointJob job = make_job (B9_OPERATION_RESTORE);
  g_autoptr (GError) error = NULL;

  job.image_path = path;
  ck_assert (!criu_check_image (NULL, &job, &error));
  ck_assert_int_eq (error->code, B9_ERROR_START_COLD);
  ck_assert (g_str_has_prefix (error->message, "image-missing: "));
}
END_TEST

/* --- options --- */

#define OPTION(option_name, option_value) \
  (&(const B9RequestOption){              \
      .struct_size = sizeof (B9RequestOption), .name = option_name, .value = option_value})
#define OPTIONS(...) ((const B9RequestOption *const[]){__VA_ARGS__, NULL})

START_TEST (says_to_criu_what_runc_cannot)
{
  g_autofree char *lines = criu_config_lines (
      "64M",
      OPTIONS (OPTION ("tcp-established", "true"), OPTION ("link-remap", "true"),
               OPTION ("tcp-close", "true"), OPTION ("tcp-skip-in-flight", "true"),
               OPTION ("file-locks", "false")),
      NULL);
  g_autofree char *none = criu_config_lines (NULL, OPTIONS (OPTION ("link-remap", "false")), NULL);

  ck_assert_str_eq (lines, "link-remap\ntcp-close\nskip-in-flight\nghost-limit 64M\n");
  ck_assert_str_eq (none, "");
}
END_TEST

/* A line of its own would be an option of its own. */
START_TEST (refuses_a_limit_that_is_no_size)
{
  static const char *const limits[] = {"",         "M",  "12X",          "1MM", "1\nlibdir /tmp",
                                       "1 libdir", "-1", "1234567890123"};

  for (guint i = 0; i < G_N_ELEMENTS (limits); i++) {
    g_autoptr (GError) error = NULL;
    g_autofree char *message = g_strdup_printf (
        "checkpoint.criu.ghost-limit: \"%s\" is no size; write a number with K, M or G behind "
        "it, such as 64M",
        limits[i]);

    ck_assert_ptr_null (criu_config_lines (limits[i], NULL, &error));
    assert_failure (error, B9_ERROR_CONFIG, message);
  }
}
END_TEST

static GPtrArray *
equip (Witness *witness, const B9RequestOption *const *options, GPtrArray *environment)
{
  g_autofree char *program = at_top ("criu");
  g_autoptr (GPtrArray) arguments = g_ptr_array_new_with_free_func (g_free);
  B9CheckpointJob job = make_job (B9_OPERATION_CHECKPOINT);
  g_autoptr (GError) error = NULL;

  put_file ("criu", "");
  configured = program;
  witness->answer = answer;
  job.directory = top;
  job.options = options;
  ck_assert_msg (criu_equip (&witness->host, &job, environment, arguments, &error), "%s",
                 error != NULL ? error->message : "");
  ck_assert_uint_eq (arguments->len, 0);
  return environment;
}

START_TEST (puts_its_criu_first_in_path)
{
  g_autoptr (Witness) witness = make_witness ();
  g_autoptr (GPtrArray) environment = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *expected = g_strdup_printf ("PATH=%s:/other", top);

  g_ptr_array_add (environment, g_strdup ("PATH=/other"));
  equip (witness, OPTIONS (OPTION ("tcp-established", "true")), environment);
  ck_assert_uint_eq (environment->len, 1);
  ck_assert_str_eq (g_ptr_array_index (environment, 0), expected);
  ck_assert (!is_there ("criu.conf"));
}
END_TEST

START_TEST (writes_a_configuration_where_it_has_to)
{
  g_autoptr (Witness) witness = make_witness ();
  g_autoptr (GPtrArray) environment = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *expected = g_strdup_printf ("CRIU_CONFIG_FILE=%s/criu.conf", top);
  g_autofree char *content = NULL;

  equip (witness, OPTIONS (OPTION ("link-remap", "true")), environment);
  content = get_file ("criu.conf");
  ck_assert_str_eq (content, "network-lock skip\nlink-remap\n");
  ck_assert_uint_eq (environment->len, 2);
  ck_assert_str_eq (g_ptr_array_index (environment, 1), expected);
}
END_TEST

START_TEST (leaves_the_network_alone_where_no_connection_is_saved)
{
  static const char *const about_connections[] = {"tcp-established", "tcp-close", "tcp-skip-in-flight"};
  B9CheckpointJob job = make_job (B9_OPERATION_CHECKPOINT);

  job.directory = top;
  job.options = OPTIONS (OPTION ("tcp-established", "false"), OPTION ("link-remap", "true"));
  ck_assert (criu_skips_network_lock ("4.0", &job));
  ck_assert (!criu_skips_network_lock ("3.19", &job));
  for (guint i = 0; i < G_N_ELEMENTS (about_connections); i++) {
    job.options = OPTIONS (OPTION (about_connections[i], "true"));
    ck_assert (!criu_skips_network_lock ("4.1.1", &job));
  }
  job = make_job (B9_OPERATION_RESTORE);
  job.directory = top;
  ck_assert (!criu_skips_network_lock ("4.1.1", &job));
}
END_TEST

START_TEST (gives_a_criu_of_another_name_the_name_that_runc_knows)
{
  g_autoptr (Witness) witness = make_witness ();
  g_autoptr (GPtrArray) environment = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *program = at_top ("criu-4.2");
  g_autofree char *link = at_top ("criu-bin/criu");
  g_autofree char *target = NULL;
  B9CheckpointJob job = make_job (B9_OPERATION_CHECKPOINT);

  put_file ("criu-4.2", "");
  configured = program;
  witness->answer = answer;
  job.directory = top;
  ck_assert (criu_equip (&witness->host, &job, environment, NULL, NULL));
  ck_assert (criu_equip (&witness->host, &job, environment, NULL, NULL));
  target = g_file_read_link (link, NULL);
  ck_assert_str_eq (target, program);
}
END_TEST

/* --- what cannot be saved --- */

static const char mountinfo[] =
    "20 1 0:30 / / rw - overlay overlay rw\n21 20 0:31 / /dev rw - tmpfs tmpfs rw\n";

static void
put_stream (int fd, const char *target, const char *mount)
{
  g_autofree char *link_name = g_strdup_printf ("proc/7/fd/%d", fd);
  g_autofree char *info_name = g_strdup_printf ("proc/7/fdinfo/%d", fd);
  g_autofree char *info = g_strdup_printf ("pos:\t0\nflags:\t02\nmnt_id:\t%s\n", mount);
  g_autofree char *path = at_top (link_name);

  make_directory ("proc/7/fd");
  make_directory ("proc/7/fdinfo");
  make_directory ("proc/7/ns");
  make_directory ("proc/7/net");
  make_directory ("proc/self/ns");
  ck_assert_int_eq (symlink (target, path), 0);
  put_file (info_name, info);
}

static void
put_namespace (const char *process, const char *target)
{
  g_autofree char *name = g_strdup_printf ("proc/%s/ns/net", process);
  g_autofree char *path = at_top (name);

  ck_assert_int_eq (symlink (target, path), 0);
}

static gboolean
check_before (const B9RequestOption *const *options, GError **error)
{
  g_autoptr (Witness) witness = make_witness ();
  B9CheckpointJob job = make_job (B9_OPERATION_CHECKPOINT);

  job.init_pid = 7;
  job.options = options;
  put_file ("proc/7/mountinfo", mountinfo);
  return criu_check_before (&witness->host, &job, error);
}

#define CANNOT(stream, what, target)                                                                       \
  "the container's " stream " is " what " (" target "), which CRIU cannot save; start the container with " \
  "pipes or /dev/null for its standard input, output and error"

START_TEST (takes_what_criu_can_save)
{
  put_stream (0, "/dev/null", "99");
  put_stream (1, "pipe:[123]", "14");
  put_stream (2, "/var/log/own", "20");
  ck_assert (check_before (NULL, NULL));
}
END_TEST

START_TEST (refuses_a_file_of_the_host)
{
  g_autoptr (GError) error = NULL;

  put_stream (1, "/tmp/out", "27");
  ck_assert (!check_before (NULL, &error));
  assert_failure (error, B9_ERROR_UNSUPPORTED, CANNOT ("standard output", "a file of the host", "/tmp/out"));
}
END_TEST

START_TEST (refuses_a_terminal_of_the_host_but_for_shell_job)
{
  g_autoptr (GError) error = NULL;

  put_stream (2, "/dev/pts/0", "27");
  ck_assert (!check_before (NULL, &error));
  assert_failure (error, B9_ERROR_UNSUPPORTED,
                  CANNOT ("standard error", "a terminal of the host", "/dev/pts/0"));
  ck_assert (check_before (OPTIONS (OPTION ("shell-job", "true")), NULL));
}
END_TEST

START_TEST (takes_a_terminal_of_the_container)
{
  put_stream (0, "/dev/pts/0", "21");
  ck_assert (check_before (NULL, NULL));
}
END_TEST

START_TEST (refuses_a_socket_that_the_container_does_not_have)
{
  g_autoptr (GError) error = NULL;

  put_stream (1, "socket:[4596]", "9");
  put_namespace ("7", "net:[2]");
  put_namespace ("self", "net:[1]");
  put_file ("proc/7/net/unix", "Num Path\n0: 00000002 00000000 00000000 0001 03 45967\n");
  ck_assert (!check_before (NULL, &error));
  assert_failure (error, B9_ERROR_UNSUPPORTED,
                  CANNOT ("standard output", "a socket whose other end is outside", "socket:[4596]"));
  put_file ("proc/7/net/unix", "Num Path\n0: 00000002 00000000 00000000 0001 03 4596\n");
  ck_assert (check_before (NULL, NULL));
}
END_TEST

START_TEST (leaves_a_socket_to_criu_where_the_namespace_is_the_hosts)
{
  put_stream (1, "socket:[4596]", "9");
  put_namespace ("7", "net:[1]");
  put_namespace ("self", "net:[1]");
  put_file ("proc/7/net/unix", "Num Path\n");
  ck_assert (check_before (NULL, NULL));
}
END_TEST

START_TEST (refuses_link_remap_with_leave_running)
{
  g_autoptr (GError) error = NULL;

  put_stream (0, "/dev/null", "20");
  ck_assert (
      !check_before (OPTIONS (OPTION ("link-remap", "true"), OPTION ("leave-running", "true")), &error));
  assert_failure (
      error, B9_ERROR_UNSUPPORTED,
      "--link-remap together with --leave-running makes an image that CRIU cannot restore: it removes "
      "the link that the image needs when the container goes on; do without one of them");
}
END_TEST

int
main (void)
{
  TCase *programs = directory_case ("programs");
  TCase *logs = directory_case ("logs");
  TCase *images = directory_case ("images");
  TCase *options = directory_case ("options");
  TCase *before = directory_case ("before");

  if (geteuid () == 0)
    tcase_add_test (programs, a_criu_that_fails_its_check_saves_nothing);
  else
    tcase_add_test (programs, a_check_that_fails_without_root_tells_nothing);
  tcase_add_test (programs, what_is_no_criu_is_none);
  tcase_add_test (programs, a_criu_that_cannot_be_run_says_why);
  tcase_add_test (programs, a_criu_that_passes_answers_for_each_feature);
  tcase_add_test (programs, the_one_that_works_is_remembered_until_it_changes);
  tcase_add_test (programs, what_is_remembered_may_be_anything);
  tcase_add_test (programs, a_broken_one_is_refused_with_its_reason);
  tcase_add_test (programs, reads_versions);
  tcase_add_loop_test (logs, says_the_cause_and_what_to_do, 0, G_N_ELEMENTS (cases_of_logs));
  tcase_add_test (logs, says_that_a_configuration_file_may_be_wrong);
  tcase_add_test (logs, leaves_alone_what_it_does_not_know);
  tcase_add_test (logs, takes_logs_that_are_no_text);
  tcase_add_test (images, reads_a_pagemap_of_criu);
  tcase_add_test (images, survives_any_damage_to_a_pagemap);
  tcase_add_test (images, takes_a_whole_image);
  tcase_add_test (images, refuses_an_image_without_its_inventory);
  tcase_add_test (images, refuses_pages_that_are_cut_off);
  tcase_add_test (images, refuses_a_pagemap_that_is_none);
  tcase_add_test (images, refuses_an_image_that_is_not_there);
  tcase_add_test (images, refuses_a_place_where_criu_cannot_write_its_log);
  tcase_add_test (options, says_to_criu_what_runc_cannot);
  tcase_add_test (options, refuses_a_limit_that_is_no_size);
  tcase_add_test (options, puts_its_criu_first_in_path);
  tcase_add_test (options, writes_a_configuration_where_it_has_to);
  tcase_add_test (options, leaves_the_network_alone_where_no_connection_is_saved);
  tcase_add_test (options, gives_a_criu_of_another_name_the_name_that_runc_knows);
  tcase_add_test (before, takes_what_criu_can_save);
  tcase_add_test (before, refuses_a_file_of_the_host);
  tcase_add_test (before, refuses_a_terminal_of_the_host_but_for_shell_job);
  tcase_add_test (before, takes_a_terminal_of_the_container);
  tcase_add_test (before, refuses_a_socket_that_the_container_does_not_have);
  tcase_add_test (before, leaves_a_socket_to_criu_where_the_namespace_is_the_hosts);
  tcase_add_test (before, refuses_link_remap_with_leave_running);
  TCase *cases[] = {programs, logs, images, options, before, NULL};
  return run_cases ("checkpoint-criu", cases);
}
