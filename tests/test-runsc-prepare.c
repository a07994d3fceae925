/* SPDX-License-Identifier: Apache-2.0
 *
 * test-runsc-prepare.c: how a spec is made fit for gVisor, on the core's own copy of a spec.
 *
 * The host is a fake: its device nodes are links to /dev/null, so its numbers are those of /dev/null, 1:3,
 * and its mode 0666.
 */
#include "config.h"

#include "core/spec/spec.h"
#include "plugins/backends/runsc/runsc-prepare.h"
#include "tests/backend-testing.h"
#include "tests/probe-testing.h"

#include <stdarg.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define NVIDIA(number)                                                                                       \
  {                                                                                                          \
    sizeof (B9GpuRequest), "device-path", B9_GPU_DEVICE, "nvidia", "/dev/nvidia" number, "linux.devices[0]", \
        NULL                                                                                                 \
  }

static const B9GpuRequest gpu_0 = NVIDIA ("0");
static const B9GpuRequest control = {
    sizeof (B9GpuRequest), "device-path", B9_GPU_CONTROL, "nvidia", "/dev/nvidiactl",
    "linux.devices[1]",    NULL};
static const B9GpuRequest *const one_gpu[] = {&gpu_0, &control, NULL};
static const B9GpuRequest *const no_gpu[] = {NULL};

/* What a whole GPU's nodes look like when they need nothing. */
#define NODE(path) "{\"path\":\"" path "\",\"type\":\"c\",\"major\":1,\"minor\":3,\"fileMode\":438}"
#define GPU_NODES NODE ("/dev/nvidia0") "," NODE ("/dev/nvidiactl") "," NODE ("/dev/nvidia-uvm")

typedef struct {
  FakeHost *fake;
  B9JsonText *text;
  B9SpecCopy *copy;
  GPtrArray *flags;
  const char *given[4];
  const B9GpuRequest *const *gpus;
} Case;

static Case it;

static void
make_case (void)
{
  it = (Case){.fake = fake_host_new (), .gpus = no_gpu};
  it.flags = g_ptr_array_new_with_free_func (g_free);
  answer_from_file (it.fake, "help", "runsc-20240729/help.txt");
}

static void
remove_case (void)
{
  b9_spec_copy_free (it.copy);
  b9_json_text_free (it.text);
  g_ptr_array_unref (it.flags);
  fake_host_free (it.fake);
}

static void
put_node (const char *path)
{
  g_autofree char *real = g_build_filename (it.fake->root, path, NULL);
  g_autofree char *directory = g_path_get_dirname (real);

  ck_assert_int_eq (g_mkdir_with_parents (directory, 0755), 0);
  ck_assert_int_eq (symlink ("/dev/null", real), 0);
}

static void
give_gpu (void)
{
  put_node ("/dev/nvidia0");
  put_node ("/dev/nvidiactl");
  put_node ("/dev/nvidia-uvm");
  it.gpus = one_gpu;
}

static gboolean
prepare (const char *json, GError **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new (json, strlen (json));
  const B9Preparation preparation = {.struct_size = sizeof preparation,
                                     .operation = B9_OPERATION_CREATE,
                                     .program = "/usr/bin/runsc",
                                     .bundle = it.fake->root,
                                     .flags = it.given,
                                     .gpus = it.gpus,
                                     .id = "c1"};

  it.text = b9_json_text_new (bytes, "config.json", NULL);
  ck_assert_ptr_nonnull (it.text);
  it.copy = b9_spec_copy_new (it.text);
  return runsc_prepare (&it.fake->host, &preparation, b9_spec_copy_interface (it.copy), it.flags, error);
}

static void
expect_spec (const char *json, const char *expected)
{
  g_autoptr (GError) error = NULL;
  gboolean done = prepare (json, &error);
  GBytes *bytes;
  g_autofree char *found = NULL;

  ck_assert_msg (done, "%s", error != NULL ? error->message : "no error");
  bytes = b9_json_text_bytes (b9_spec_copy_text (it.copy));
  found = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  ck_assert_str_eq (found, expected);
}

static void
expect_untouched (const char *json)
{
  expect_spec (json, json);
  ck_assert (!b9_spec_copy_is_edited (it.copy));
}

static void
expect_refused (const char *json, const char *message)
{
  g_autoptr (GError) error = NULL;

  ck_assert (!prepare (json, &error));
  assert_failure (error, B9_ERROR_UNSUPPORTED, message);
}

static void
expect_flag_line (const char *expected)
{
  g_autofree char *line = NULL;

  g_ptr_array_add (it.flags, NULL);
  line = g_strjoinv (" ", (char **)it.flags->pdata);
  ck_assert_str_eq (line, expected);
}

/* "POINTER action: cause", one a line. */
static void
expect_changes (const char *expected)
{
  const GPtrArray *changes = b9_spec_copy_changes (it.copy);
  g_autoptr (GString) lines = g_string_new (NULL);

  for (guint i = 0; i < changes->len; i++) {
    const B9SpecChange *change = changes->pdata[i];

    g_string_append_printf (lines, "%s %s: %s\n", change->pointer, change->action, change->cause);
  }
  ck_assert_str_eq (lines->str, expected);
}

/* --- without a GPU --- */

START_TEST (leaves_a_spec_alone_that_is_fit)
{
  expect_untouched ("{\"process\":{\"env\":[\"NVIDIA_VISIBLE_DEVICES=all\"],\"selinuxLabel\":\"\"},\n"
                    " \"mounts\":[{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\"}],\n"
                    " \"linux\":{\"seccomp\":{},\"devices\":[],\"rootfsPropagation\":\"rslave\"}}");
  expect_flag_line ("");
  ck_assert_uint_eq (it.fake->starts, 0);
}
END_TEST

START_TEST (leaves_an_empty_spec_alone)
{
  expect_untouched ("{}");
}
END_TEST

START_TEST (takes_out_devices_that_lead_nowhere)
{
  expect_spec ("{\"linux\":{\"devices\":[" NODE ("/dev/fuse") "," NODE ("/dev/nvram") "," NODE (
                   "/dev/dri/card0") "]}}",
               "{\"linux\":{\"devices\":[]}}");
  expect_changes ("/linux/devices/0 removed: runsc: gVisor has a /dev of its own, where such a node leads "
                  "nowhere\n"
                  "/linux/devices/0 removed: runsc: gVisor has a /dev of its own, where such a node leads "
                  "nowhere\n"
                  "/linux/devices/0 removed: runsc: gVisor has a /dev of its own, where such a node leads "
                  "nowhere\n");
  expect_flag_line ("");
}
END_TEST

START_TEST (keeps_devices_that_a_flag_passes_on)
{
  it.given[0] = "--tpuproxy";
  it.given[1] = "-rdmaproxy=true";
  expect_untouched ("{\"linux\":{\"devices\":[" NODE ("/dev/accel0") "," NODE ("/dev/vfio/3") "," NODE (
      "/dev/infiniband/uverbs0") "]}}");
}
END_TEST

START_TEST (never_gives_a_gpu_to_who_has_only_the_control_device)
{
  static const B9GpuRequest *const weak[] = {&control, NULL};

  it.gpus = weak;
  expect_spec ("{\"linux\":{\"devices\":[" NODE ("/dev/nvidiactl") "]}}", "{\"linux\":{\"devices\":[]}}");
  expect_changes ("/linux/devices/0 removed: runsc: no GPU is asked for, and this alone would switch nvproxy "
                  "on\n");
  expect_flag_line ("");
}
END_TEST

START_TEST (does_not_drop_a_gpu_that_no_detector_saw)
{
  expect_refused ("{\"linux\":{\"devices\":[" NODE ("/dev/nvidia0") "]}}",
                  "linux.devices[0] asks for /dev/nvidia0, but no GPU detector took it for a GPU: see `b9run "
                  "plugins`");
}
END_TEST

/* --- what runsc chokes on --- */

START_TEST (refuses_a_label)
{
  expect_refused ("{\"process\":{\"selinuxLabel\":\"system_u:x\"}}",
                  "runsc has no SELinux, and the bundle has process.selinuxLabel: make the container without "
                  "a label (podman: --security-opt label=disable)");
}
END_TEST

START_TEST (refuses_shared_mounts)
{
  expect_refused ("{\"linux\":{\"rootfsPropagation\":\"rshared\"}}",
                  "runsc shares no mounts with the host, and linux.rootfsPropagation is \"rshared\": make it "
                  "rslave or rprivate");
}
END_TEST

START_TEST (refuses_a_shared_bind_mount)
{
  expect_refused (
      "{\"mounts\":[{\"destination\":\"/x\",\"source\":\"/\",\"options\":[\"rbind\",\"rshared\"]}]}",
      "runsc shares no mounts with the host, and mounts[0] has the option rshared: make it rslave "
      "or rprivate");
}
END_TEST

START_TEST (refuses_a_bind_mount_without_its_source)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *message = g_strdup_printf (
      "mounts[1].source: %s/lost/dir is not there; runsc cannot mount it", it.fake->root);

  ck_assert (!prepare ("{\"mounts\":[{\"destination\":\"/p\",\"type\":\"proc\",\"source\":\"lost\"},"
                       "{\"destination\":\"/x\",\"type\":\"bind\",\"source\":\"lost/dir\"}]}",
                       &error));
  assert_failure (error, B9_ERROR_BAD_INPUT, message);
}
END_TEST

START_TEST (takes_a_source_below_the_bundle)
{
  put_file (it.fake, "/data/x", "");
  expect_untouched ("{\"mounts\":[{\"destination\":\"/x\",\"type\":\"bind\",\"source\":\"data\"}]}");
}
END_TEST

START_TEST (says_where_a_value_is_of_the_wrong_type)
{
  g_autoptr (GError) error = NULL;

  ck_assert (!prepare ("{\"linux\":{\"devices\":[{\"path\":7}]}}", &error));
  ck_assert (g_error_matches (error, B9_ERROR, B9_ERROR_BAD_INPUT));
  ck_assert_ptr_nonnull (strstr (error->message, "linux.devices[0].path"));
}
END_TEST

/* --- with a GPU --- */

START_TEST (switches_nvproxy_on_for_a_gpu)
{
  give_gpu ();
  expect_untouched ("{\"linux\":{\"devices\":[" GPU_NODES "]}}");
  expect_flag_line ("--nvproxy=true");
  ck_assert_str_eq (it.fake->log->str, "6 starting container with nvproxy: c1, devices /dev/nvidia0\n");
}
END_TEST

START_TEST (adds_no_flag_twice)
{
  give_gpu ();
  it.given[0] = "--nvproxy";
  expect_untouched ("{\"linux\":{\"devices\":[" GPU_NODES "]}}");
  expect_flag_line ("");
}
END_TEST

START_TEST (refuses_flags_that_switch_nvproxy_off)
{
  give_gpu ();
  it.given[0] = "--nvproxy=false";
  expect_refused ("{\"linux\":{\"devices\":[" GPU_NODES "]}}",
                  "gpu.nvproxy: a GPU is asked for, and nvproxy is switched off in the flags of runsc: leave "
                  "it out of backends.runsc.flags");
}
END_TEST

START_TEST (passes_a_configured_driver_version)
{
  give_gpu ();
  set (it.fake, "nvproxy-driver-version", "550.54.15");
  expect_untouched ("{\"linux\":{\"devices\":[" GPU_NODES "]}}");
  expect_flag_line ("--nvproxy=true --nvproxy-driver-version=550.54.15");
}
END_TEST

START_TEST (completes_the_nodes_of_a_gpu_and_drops_the_others)
{
  give_gpu ();
  expect_spec ("{\"linux\":{\"devices\":[{\"path\":\"/dev/nvidia0\"},"
               "{\"path\":\"/dev/nvidia-modeset\"},{\"path\":\"/dev/nvidiactl\",\"type\":\"c\",\"x\":1.50},"
               "{\"path\":\"/dev/dri/card1\"}," NODE ("/dev/nvidia-uvm") "]}}",
               "{\"linux\":{\"devices\":[{\"path\":\"/dev/nvidia0\",\"type\":\"c\",\"major\":1,"
               "\"minor\":3,\"fileMode\":438},"
               "{\"path\":\"/dev/nvidiactl\",\"type\":\"c\",\"x\":1.50,\"major\":1,\"minor\":3,"
               "\"fileMode\":438}," NODE ("/dev/nvidia-uvm") "]}}");
  expect_changes ("/linux/devices/0/type added: runsc: /dev/nvidia0 as it is on this host\n"
                  "/linux/devices/0/major added: runsc: /dev/nvidia0 as it is on this host\n"
                  "/linux/devices/0/minor added: runsc: /dev/nvidia0 as it is on this host\n"
                  "/linux/devices/0/fileMode added: runsc: /dev/nvidia0 as it is on this host\n"
                  "/linux/devices/1 removed: runsc: nvproxy does not know it, and CUDA works without it\n"
                  "/linux/devices/1/major added: runsc: /dev/nvidiactl as it is on this host\n"
                  "/linux/devices/1/minor added: runsc: /dev/nvidiactl as it is on this host\n"
                  "/linux/devices/1/fileMode added: runsc: /dev/nvidiactl as it is on this host\n"
                  "/linux/devices/2 removed: runsc: nvproxy does not know it, and CUDA works without it\n");
}
END_TEST

/* What is one path for the kernel and another for runsc. */
START_TEST (writes_the_paths_of_a_gpus_nodes_as_runsc_knows_them)
{
  give_gpu ();
  expect_spec ("{\"linux\":{\"devices\":[" NODE ("/dev//nvidia0") "," NODE ("/dev/./nvidiactl") "," NODE (
                   "/dev/nvidia-uvm") "]}}",
               "{\"linux\":{\"devices\":[" GPU_NODES "]}}");
}
END_TEST

START_TEST (refuses_a_gpu_without_the_control_device)
{
  give_gpu ();
  expect_refused ("{\"linux\":{\"devices\":[" NODE ("/dev/nvidia0") "]}}",
                  "a GPU is asked for without /dev/nvidiactl, and without that device runsc brings none: add "
                  "it to linux.devices, or ask by CDI");
}
END_TEST

START_TEST (refuses_a_node_that_the_host_has_not)
{
  it.gpus = one_gpu;
  expect_refused ("{\"linux\":{\"devices\":[" GPU_NODES "]}}",
                  "linux.devices[0] asks for /dev/nvidia0, which is no character device on this host: make "
                  "the nodes with `nvidia-modprobe -c 0 -u`");
}
END_TEST

START_TEST (refuses_another_gpu_under_this_ones_name)
{
  give_gpu ();
  expect_refused (
      "{\"linux\":{\"devices\":[{\"path\":\"/dev/nvidia0\",\"major\":195,\"minor\":1}]}}",
      "the bundle has /dev/nvidia0 as 195:1, but it is 1:3 on this host, and runsc takes a GPU by "
      "its path: correct the numbers in linux.devices, or make the CDI file anew");
}
END_TEST

START_TEST (refuses_a_part_of_a_gpu)
{
  give_gpu ();
  expect_refused ("{\"linux\":{\"devices\":[" NODE ("/dev/fuse") "," GPU_NODES "," NODE (
                      "/dev/nvidia-caps/nvidia-cap21") "]}}",
                  "gpu.mig: linux.devices[4] asks for /dev/nvidia-caps/nvidia-cap21, a part of a GPU (MIG), "
                  "and runsc passes whole GPUs only: use --backend=runc, or a whole GPU");
}
END_TEST

START_TEST (refuses_companions_that_are_asked_for_on_purpose)
{
  give_gpu ();
  expect_refused ("{\"linux\":{\"devices\":[" GPU_NODES "," NODE ("/dev/nvidia-fs0") "]}}",
                  "linux.devices[3] asks for /dev/nvidia-fs0, which runsc does not pass on: use "
                  "--backend=runc, or leave it out");
}
END_TEST

START_TEST (refuses_a_companion_of_cdi)
{
  static const B9GpuRequest gds = {
      sizeof gds, "cdi", B9_GPU_COMPANION, "nvidia", "nvidia.com/gds=all", "annotations[\"cdi.k8s.io/x\"]",
      NULL};
  static const B9GpuRequest *const gpus[] = {&gds, NULL};

  it.gpus = gpus;
  expect_refused ("{}", "gpu.passthrough: annotations[\"cdi.k8s.io/x\"] asks for nvidia.com/gds=all, which "
                        "runsc does not pass on: use --backend=runc, or leave it out");
}
END_TEST

START_TEST (refuses_gpus_of_others)
{
  static const B9GpuRequest amd = {
      sizeof amd, "device-path", B9_GPU_DEVICE, "amd", "/dev/dri/renderD128", "linux.devices[0]", NULL};
  static const B9GpuRequest *const gpus[] = {&amd, NULL};

  it.gpus = gpus;
  expect_refused ("{}", "gpu.passthrough: linux.devices[0] asks for /dev/dri/renderD128, a GPU of amd, and "
                        "runsc passes on NVIDIA's only: use --backend=runc");
}
END_TEST

/* --- what else a GPU needs --- */

START_TEST (drops_the_filter_with_a_gpu)
{
  give_gpu ();
  expect_spec ("{\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_KILL\"},\"devices\":[" GPU_NODES "]}}",
               "{\"linux\":{\"devices\":[" GPU_NODES "]}}");
  expect_changes ("/linux/seccomp removed: runsc: it passes over the filter unless oci-seccomp is set\n");
}
END_TEST

START_TEST (keeps_the_filter_that_the_user_wants)
{
  give_gpu ();
  it.given[0] = "--oci-seccomp";
  expect_untouched ("{\"linux\":{\"seccomp\":{},\"devices\":[" GPU_NODES "]}}");
}
END_TEST

static void
make_socket (void)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  g_autofree char *path = g_build_filename (it.fake->root, "socket", NULL);
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  ck_assert_int_eq (bind (fd, (struct sockaddr *)&address, sizeof address), 0);
  close (fd);
}

#define WITH_SOCKET                                                                                        \
  "{\"mounts\":[{\"destination\":\"/run/nvidia-persistenced/socket\",\"source\":\"socket\",\"type\":"      \
  "\"bind\"},{\"destination\":\"/mine\",\"source\":\"socket\",\"type\":\"bind\"}],\"linux\":{\"devices\":" \
  "[" GPU_NODES "]}}"

START_TEST (drops_the_sockets_of_nvidias_daemons_alone)
{
  make_socket ();
  give_gpu ();
  expect_spec (WITH_SOCKET,
               "{\"mounts\":[{\"destination\":\"/mine\",\"source\":\"socket\",\"type\":\"bind\"}],"
               "\"linux\":{\"devices\":[" GPU_NODES "]}}");
  expect_changes (
      "/mounts/0 removed: runsc: a socket of the host cannot be used in the sandbox (host-uds is none)\n");
}
END_TEST

START_TEST (keeps_sockets_that_the_sandbox_may_use)
{
  make_socket ();
  give_gpu ();
  it.given[0] = "--host-uds=open";
  expect_untouched (WITH_SOCKET);
}
END_TEST

/* --- hooks --- */

#define HOOKS(stage, list) "{\"hooks\":{\"" stage "\":[" list "]},\"linux\":{\"devices\":[" GPU_NODES "]}}"
#define NEW_FORM(name) "{\"path\":\"/usr/bin/nvidia-cdi-hook\",\"args\":[\"nvidia-cdi-hook\",\"" name "\"]}"
START_TEST (says_that_a_notify_socket_is_not_passed_on)
{
  g_setenv ("NOTIFY_SOCKET", "/run/systemd/notify", TRUE);
  expect_untouched ("{\"process\":{\"env\":[\"A=1\"]}}");
  g_unsetenv ("NOTIFY_SOCKET");
  expect_changes ("/process/env left without NOTIFY_SOCKET: runsc passes it into no container\n");
  ck_assert_str_eq (
      it.fake->log->str,
      "4 runsc passes NOTIFY_SOCKET into no container, so whoever waits for its READY=1 waits in "
      "vain: start it as a service that does not notify (Type=exec), or mount the socket and set "
      "the variable in the bundle, with --host-uds=open\n");
}
END_TEST

START_TEST (leaves_a_notify_socket_of_the_bundle_to_it)
{
  g_setenv ("NOTIFY_SOCKET", "/run/systemd/notify", TRUE);
  expect_untouched ("{\"process\":{\"env\":[\"NOTIFY_SOCKET=/run/notify\"]}}");
  g_unsetenv ("NOTIFY_SOCKET");
  ck_assert_str_eq (it.fake->log->str, "");
}
END_TEST

#define OLD_FORM(name) "{\"path\":\"/usr/bin/nvidia-ctk\",\"args\":[\"nvidia-ctk\",\"hook\",\"" name "\"]}"
#define NEEDLESS "disable-device-node-modification"

START_TEST (drops_the_needless_hook_in_both_forms)
{
  give_gpu ();
  expect_spec (
      HOOKS ("createContainer", NEW_FORM (NEEDLESS) "," OLD_FORM (NEEDLESS) "," NEW_FORM ("update-ldcache")),
      HOOKS ("createContainer", NEW_FORM ("update-ldcache")));
  expect_changes (
      "/hooks/createContainer/0 removed: runsc: gVisor does this itself, and the hook fails in its sandbox\n"
      "/hooks/createContainer/0 removed: runsc: gVisor does this itself, and the hook fails in its sandbox\n"
      "/hooks/createContainer left, but this runsc does not run them: runsc help: no features, which came "
      "before such hooks\n");
  ck_assert_str_eq (it.fake->log->str,
                    "4 this runsc passes over the 1 createContainer hooks of the bundle, so no links and no "
                    "loader's cache are made for the driver's libraries: use a release of 2026-05-20 or "
                    "later if they matter\n6 starting container with nvproxy: c1, devices /dev/nvidia0\n");
}
END_TEST

START_TEST (says_nothing_of_hooks_that_are_run)
{
  answer (it.fake, "help", "Subcommands:\n\tfeatures  x\n\trun  x\n");
  answer (it.fake, "help checkpoint", "x\n  -cuda-checkpoint-path string\n");
  expect_untouched ("{\"hooks\":{\"createContainer\":[{\"path\":\"/bin/true\"}]}}");
  ck_assert_uint_eq (b9_spec_copy_changes (it.copy)->len, 0);
}
END_TEST

START_TEST (settles_what_would_switch_the_legacy_way_on)
{
  give_gpu ();
  answer (it.fake, "help", "Subcommands:\n\tfeatures  x\n\trun  x\n");
  answer (it.fake, "help checkpoint", "x\n  -cuda-checkpoint-path string\n");
  expect_spec (
      "{\"process\":{\"env\":[\"NVIDIA_VISIBLE_DEVICES=all\",\"A=1\",\"NVIDIA_VISIBLE_DEVICES=void\"]},"
      "\"hooks\":{\"createContainer\":[" NEW_FORM ("update-ldcache") "]},\"linux\":{\"devices\":[" GPU_NODES
                                                                     "]}}",
      "{\"process\":{\"env\":[\"NVIDIA_VISIBLE_DEVICES=void\",\"A=1\"]},"
      "\"hooks\":{\"createContainer\":[" NEW_FORM ("update-ldcache") "]},\"linux\":{\"devices\":[" GPU_NODES
                                                                     "]}}");
}
END_TEST

START_TEST (leaves_the_environment_alone_where_no_hook_reads_it)
{
  give_gpu ();
  expect_untouched (
      "{\"process\":{\"env\":[\"NVIDIA_VISIBLE_DEVICES=all\"]},\"linux\":{\"devices\":[" GPU_NODES "]}}");
}
END_TEST

#define LEGACY                                                                                     \
  "\"hooks\":{\"prestart\":[{\"path\":\"/usr/bin/nvidia-container-runtime-hook\",\"args\":[\"x\"," \
  "\"prestart\"]}]}"

START_TEST (drops_the_legacy_hook_where_the_devices_bring_the_gpu)
{
  give_gpu ();
  expect_spec ("{\"process\":{\"env\":[\"NVIDIA_VISIBLE_DEVICES=0\"]}," LEGACY
               ",\"linux\":{\"devices\":[" GPU_NODES "]}}",
               "{\"process\":{\"env\":[\"NVIDIA_VISIBLE_DEVICES=void\"]},\"hooks\":{\"prestart\":[]}"
               ",\"linux\":{\"devices\":[" GPU_NODES "]}}");
}
END_TEST

START_TEST (refuses_a_gpu_by_the_legacy_hook_alone)
{
  expect_refused ("{\"process\":{\"env\":[\"NVIDIA_VISIBLE_DEVICES=all\"]}," LEGACY "}",
                  "gpu.passthrough: the bundle asks for GPUs by NVIDIA's legacy hook and "
                  "NVIDIA_VISIBLE_DEVICES, which does not work with runsc: ask by CDI (podman and docker: "
                  "--device nvidia.com/gpu=all), or set NVIDIA_VISIBLE_DEVICES=void for none");
}
END_TEST

START_TEST (leaves_the_legacy_hook_to_who_asks_for_nothing_or_chose_it)
{
  expect_untouched (
      "{\"process\":{\"env\":[\"NVIDIA_VISIBLE_DEVICES=all\",\"NVIDIA_VISIBLE_DEVICES=void\"]}," LEGACY "}");
  b9_spec_copy_free (it.copy);
  b9_json_text_free (it.text);
  it.given[0] = "--nvproxy=true";
  expect_untouched ("{\"process\":{\"env\":[\"NVIDIA_VISIBLE_DEVICES=all\"]}," LEGACY "}");
}
END_TEST

static TCase *
make_tcase (const char *name)
{
  TCase *tcase = tcase_create (name);

  tcase_add_checked_fixture (tcase, make_case, remove_case);
  return tcase;
}

static TCase *
plain_case (void)
{
  TCase *tcase = make_tcase ("without a GPU");

  tcase_add_test (tcase, leaves_a_spec_alone_that_is_fit);
  tcase_add_test (tcase, leaves_an_empty_spec_alone);
  tcase_add_test (tcase, takes_out_devices_that_lead_nowhere);
  tcase_add_test (tcase, keeps_devices_that_a_flag_passes_on);
  tcase_add_test (tcase, never_gives_a_gpu_to_who_has_only_the_control_device);
  tcase_add_test (tcase, does_not_drop_a_gpu_that_no_detector_saw);
  tcase_add_test (tcase, refuses_a_label);
  tcase_add_test (tcase, refuses_shared_mounts);
  tcase_add_test (tcase, refuses_a_shared_bind_mount);
  tcase_add_test (tcase, refuses_a_bind_mount_without_its_source);
  tcase_add_test (tcase, says_that_a_notify_socket_is_not_passed_on);
  tcase_add_test (tcase, leaves_a_notify_socket_of_the_bundle_to_it);
  tcase_add_test (tcase, takes_a_source_below_the_bundle);
  tcase_add_test (tcase, says_where_a_value_is_of_the_wrong_type);
  return tcase;
}

static TCase *
gpu_case (void)
{
  TCase *tcase = make_tcase ("with a GPU");

  tcase_add_test (tcase, switches_nvproxy_on_for_a_gpu);
  tcase_add_test (tcase, adds_no_flag_twice);
  tcase_add_test (tcase, refuses_flags_that_switch_nvproxy_off);
  tcase_add_test (tcase, passes_a_configured_driver_version);
  tcase_add_test (tcase, completes_the_nodes_of_a_gpu_and_drops_the_others);
  tcase_add_test (tcase, writes_the_paths_of_a_gpus_nodes_as_runsc_knows_them);
  tcase_add_test (tcase, refuses_a_gpu_without_the_control_device);
  tcase_add_test (tcase, refuses_a_node_that_the_host_has_not);
  tcase_add_test (tcase, refuses_another_gpu_under_this_ones_name);
  tcase_add_test (tcase, refuses_a_part_of_a_gpu);
  tcase_add_test (tcase, refuses_companions_that_are_asked_for_on_purpose);
  tcase_add_test (tcase, refuses_a_companion_of_cdi);
  tcase_add_test (tcase, refuses_gpus_of_others);
  tcase_add_test (tcase, drops_the_filter_with_a_gpu);
  tcase_add_test (tcase, keeps_the_filter_that_the_user_wants);
  tcase_add_test (tcase, drops_the_sockets_of_nvidias_daemons_alone);
  tcase_add_test (tcase, keeps_sockets_that_the_sandbox_may_use);
  return tcase;
}

static TCase *
hook_case (void)
{
  TCase *tcase = make_tcase ("hooks");

  tcase_add_test (tcase, drops_the_needless_hook_in_both_forms);
  tcase_add_test (tcase, says_nothing_of_hooks_that_are_run);
  tcase_add_test (tcase, settles_what_would_switch_the_legacy_way_on);
  tcase_add_test (tcase, leaves_the_environment_alone_where_no_hook_reads_it);
  tcase_add_test (tcase, drops_the_legacy_hook_where_the_devices_bring_the_gpu);
  tcase_add_test (tcase, refuses_a_gpu_by_the_legacy_hook_alone);
  tcase_add_test (tcase, leaves_the_legacy_hook_to_who_asks_for_nothing_or_chose_it);
  return tcase;
}

int
main (void)
{
  TCase *const cases[] = {plain_case (), gpu_case (), hook_case (), NULL};

  return run_cases ("runsc-prepare", cases);
}
