/* SPDX-License-Identifier: Apache-2.0
 *
 * test-cdi-injection.c: what the CDI detector makes of a container's annotations, where no vector of the
 * reference implementation looks: what an engine has injected before, refusals, the kinds of devices, and the
 * check of a fake host.
 */
#include "config.h"

#include "plugins/gpu/cdi/cdi-check.h"
#include "plugins/gpu/cdi/cdi-kinds.h"
#include "plugins/gpu/cdi/cdi-request.h"
#include "tests/cdi-testing.h"

/* --- injection by annotations --- */

typedef struct {
  B9GpuRequests interface;
  GString *text;
} Requests;

static void
add_request (B9GpuRequests *interface, const B9GpuRequest *request)
{
  static const char *const classes[] = {"", "gpu", "control", "companion"};
  Requests *requests = interface->data;

  g_string_append_printf (requests->text, "%s %s %s %s\n", classes[request->gpu_class], request->vendor,
                          request->device, request->source);
}

typedef struct {
  B9JsonText *text;
  B9SpecCopy *copy;
  Requests requests;
  GError *error;
  gboolean done;
} Edit;

static Edit *
edit (CdiWitness *witness, const char *backend, const char *config)
{
  Edit *edit = g_new0 (Edit, 1);

  edit->text = json_parse (config);
  edit->copy = b9_spec_copy_new (edit->text);
  edit->requests = (Requests){.text = g_string_new (NULL)};
  edit->requests.interface = (B9GpuRequests){
      .struct_size = sizeof (B9GpuRequests), .data = &edit->requests, .add = add_request};
  edit->done = cdi_edit (&witness->host, backend, b9_spec_copy_interface (edit->copy),
                         &edit->requests.interface, &edit->error);
  ck_assert (edit->done == (edit->error == NULL));
  return edit;
}

static void
edit_free (Edit *edit)
{
  b9_spec_copy_free (edit->copy);
  b9_json_text_free (edit->text);
  g_string_free (edit->requests.text, TRUE);
  g_clear_error (&edit->error);
  g_free (edit);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Edit, edit_free)

static char *
edited (const Edit *edit)
{
  return json_raw (b9_spec_copy_text (edit->copy), B9_JSON_ROOT);
}

#define ASKS "\"annotations\":{\"cdi.k8s.io/nvidia-gpu\":\"nvidia.com/gpu=0\"}"
#define INJECTED                                                                                             \
  "\"process\":{\"env\":[\"NVIDIA_VISIBLE_DEVICES=void\"]},\"linux\":{\"devices\":[{\"path\":\"/dev/"        \
  "nvidia0\","                                                                                               \
  "\"type\":\"c\",\"major\":195,\"minor\":0,\"fileMode\":438}],\"resources\":{\"devices\":[{\"allow\":true," \
  "\"type\":\"c\",\"major\":195,\"minor\":0,\"access\":\"rwm\"}]}},\"mounts\":[{\"destination\":"            \
  "\"/lib/libcuda.so.1\",\"source\":\"/lib/"                                                                 \
  "libcuda.so.570.172.08\",\"options\":[\"ro\",\"rbind\"]}],\"hooks\":"                                      \
  "{\"createContainer\":[{\"path\":\"/usr/bin/nvidia-cdi-hook\",\"args\":[\"nvidia-cdi-hook\","              \
  "\"update-ldcache\"]}]}"
#define MARK "\"run.b9.cdi-injected\":\"nvidia.com/gpu=0\""

static void
assert_edited (const Edit *edit, const char *expected)
{
  g_autoptr (B9JsonText) wanted = json_parse (expected);
  g_autofree char *raw = edited (edit);

  ck_assert_msg (edit->error == NULL, "%s", edit->error != NULL ? edit->error->message : "");
  ck_assert_msg (json_equal (b9_spec_copy_text (edit->copy), B9_JSON_ROOT, wanted, B9_JSON_ROOT),
                 "%s\nis not\n%s", raw, expected);
}

START_TEST (injects_what_an_annotation_asks_for)
{
  g_autoptr (CdiWitness) witness = one_directory ();

  put_file ("cdi/a.yaml", ONE_GPU);
  g_autoptr (Edit) made = edit (witness, "runc", "{" ASKS "}");
  assert_edited (made,
                 "{\"annotations\":{\"cdi.k8s.io/nvidia-gpu\":\"nvidia.com/gpu=0\"," MARK "}," INJECTED "}");
  ck_assert_str_eq (made->requests.text->str,
                    "gpu nvidia nvidia.com/gpu=0 annotations[\"cdi.k8s.io/nvidia-gpu\"]\n");
  ck_assert_ptr_nonnull (strstr (witness->log->str, "asked for by annotations[\"cdi.k8s.io/nvidia-gpu\"]"));
}
END_TEST

START_TEST (answers_for_every_annotation)
{
  static const char *const pointers[] = {"/annotations/cdi.k8s.io~1a", "/annotations/cdi.k8s.io~1b",
                                         "/annotations/cdi.k8s.io~1c"};
  g_autoptr (CdiWitness) witness = one_directory ();

  put_file ("cdi/a.yaml", ONE_GPU);
  put_file ("cdi/b.yaml", "cdiVersion: 0.7.0\nkind: acme.com/fpga\ndevices: [{name: x, containerEdits: {env: "
                          "[A=1]}}]\n");
  g_autoptr (Edit) made = edit (witness, "runc",
                                "{\"annotations\":{\"cdi.k8s.io/b\":\"nvidia.com/gpu=0\",\"cdi.k8s.io/a\":"
                                "\"nvidia.com/gpu=0\",\"cdi.k8s.io/c\":\"acme.com/fpga=x\"}}");
  ck_assert (made->done);
  ck_assert_str_eq (made->requests.text->str, "gpu nvidia nvidia.com/gpu=0 annotations[\"cdi.k8s.io/a\"]\n");
  for (guint i = 0; i < G_N_ELEMENTS (pointers); i++) {
    const GPtrArray *changes = b9_spec_copy_changes (made->copy);
    guint found = 0;

    for (guint j = 0; j < changes->len; j++) {
      const B9SpecChange *change = changes->pdata[j];

      found += strcmp (change->pointer, pointers[i]) == 0 && g_str_has_prefix (change->action, "resolved: ")
                   ? 1
                   : 0;
    }
    ck_assert_uint_eq (found, 1);
  }
}
END_TEST

START_TEST (touches_nothing_without_an_annotation)
{
  g_autoptr (CdiWitness) witness = one_directory ();

  put_file ("cdi/a.yaml", ONE_GPU);
  g_autoptr (Edit) made = edit (witness, "runc",
                                "{\"annotations\":{\"nvidia.cdi.k8s.io/x\":\"nvidia.com/gpu=0\"}}");
  ck_assert (!b9_spec_copy_is_edited (made->copy));
  ck_assert_str_eq (made->requests.text->str, "");
  ck_assert_uint_eq (witness->cache_reads, 0);
}
END_TEST

START_TEST (injects_nothing_twice)
{
  g_autoptr (CdiWitness) witness = one_directory ();

  put_file ("cdi/a.yaml", ONE_GPU);
  g_autoptr (Edit) first = edit (witness, "runc", "{" ASKS "}");
  g_autofree char *once = edited (first);
  g_autoptr (Edit) second = edit (witness, "runc", once);
  ck_assert (!b9_spec_copy_is_edited (second->copy));
  ck_assert_str_eq (second->requests.text->str, first->requests.text->str);
}
END_TEST

START_TEST (believes_no_mark_without_its_gpu)
{
  g_autoptr (CdiWitness) witness = one_directory ();

  put_file ("cdi/a.yaml", ONE_GPU);
  g_autoptr (Edit) made = edit (
      witness, "runc", "{\"annotations\":{\"cdi.k8s.io/nvidia-gpu\":\"nvidia.com/gpu=0\"," MARK "}}");
  assert_edited (made,
                 "{\"annotations\":{\"cdi.k8s.io/nvidia-gpu\":\"nvidia.com/gpu=0\"," MARK "}," INJECTED "}");
}
END_TEST

START_TEST (sees_what_an_engine_has_injected)
{
  g_autoptr (CdiWitness) witness = one_directory ();

  put_file ("cdi/a.yaml", ONE_GPU);
  g_autoptr (Edit) made = edit (witness, "runc", "{" ASKS "," INJECTED "}");
  assert_edited (made,
                 "{\"annotations\":{\"cdi.k8s.io/nvidia-gpu\":\"nvidia.com/gpu=0\"," MARK "}," INJECTED "}");
}
END_TEST

START_TEST (grants_again_what_a_later_rule_denies)
{
  g_autoptr (CdiWitness) witness = one_directory ();

  put_file ("cdi/a.yaml", HEAD "devices: [{name: '0', containerEdits: {" NODE "}}]\n");
  g_autoptr (Edit) made = edit (
      witness, "runc",
      "{" ASKS
      ",\"linux\":{\"resources\":{\"devices\":[{\"allow\":true,\"type\":\"c\",\"major\":195,\"minor\":0,"
      "\"access\":\"rwm\"},{\"allow\":false,\"access\":\"rwm\"}]}}}");
  g_autofree char *raw = edited (made);
  ck_assert_ptr_nonnull (strstr (raw, "{\"allow\":false,\"access\":\"rwm\"},{\"allow\":true,\"type\":\"c\""));
}
END_TEST

START_TEST (leaves_one_variable_of_a_name)
{
  g_autoptr (CdiWitness) witness = one_directory ();

  put_file ("cdi/a.yaml", HEAD "devices: [{name: '0', containerEdits: {env: [A=new]}}]\n");
  g_autoptr (Edit) made = edit (witness, "runc",
                                "{" ASKS ",\"process\":{\"env\":[\"A=1\",\"AB=2\",\"A=3\"]}}");
  g_autofree char *raw = edited (made);
  ck_assert_ptr_nonnull (strstr (raw, "\"env\":[\"A=new\",\"AB=2\"]"));
}
END_TEST

START_TEST (says_all_that_is_wrong_where_a_device_is_unknown)
{
  g_autoptr (CdiWitness) witness = one_directory ();

  put_file ("cdi/a.yaml", ONE_GPU);
  put_file ("cdi/b.yaml", "kind: [\n");
  g_autoptr (Edit) made = edit (
      witness, "runc",
      "{\"annotations\":{\"cdi.k8s.io/x\":\"nvidia.com/gpu=7,a.com/b=c,nvidia.com/gpu=0\"}}");
  assert_failure_at_top (
      made->error, B9_ERROR_UNSUPPORTED,
      "unresolvable CDI devices nvidia.com/gpu=7, a.com/b=c: no file in TOP/cdi has them; known are "
      "nvidia.com/gpu=0; TOP/cdi/b.yaml:2: no valid YAML: did not find expected node content while parsing a "
      "flow node; see: b9run cdi check");
  ck_assert (!b9_spec_copy_is_edited (made->copy));
}
END_TEST

START_TEST (says_where_a_wrong_annotation_stands)
{
  g_autoptr (CdiWitness) witness = one_directory ();
  g_autoptr (Edit) made = edit (witness, "runc",
                                "{\"annotations\":{\"cdi.k8s.io/x\":\"nvidia.com/gpu=0, a\"}}");

  assert_failure (
      made->error, B9_ERROR_BAD_INPUT,
      "annotations[\"cdi.k8s.io/x\"]: invalid CDI device name \" a\": unqualified device \" a\", missing "
      "vendor; write VENDOR/CLASS=NAME, several with commas and no blanks between them");
}
END_TEST

START_TEST (edits_nothing_where_a_node_is_missing)
{
  g_autoptr (CdiWitness) witness = one_directory ();

  put_file ("cdi/a.yaml", HEAD "devices: [{name: '0', containerEdits: {env: [A=1], deviceNodes: [{path: "
                               "/dev/no-such-node}]}}]\n");
  g_autoptr (Edit) made = edit (witness, "runc", "{" ASKS "}");
  assert_failure_at_top (
      made->error, B9_ERROR_UNSUPPORTED,
      "CDI devices cannot be injected: cdi: TOP/cdi/a.yaml, device nvidia.com/gpu=0: failed to "
      "stat CDI host device \"/dev/no-such-node\": it does not exist; load the device's driver, "
      "or generate the CDI file anew");
  ck_assert (!b9_spec_copy_is_edited (made->copy));
}
END_TEST

#define ELSEWHERE                                                                                            \
  HEAD "devices: [{name: '0', containerEdits: {deviceNodes: [{path: /dev/here, hostPath: /dev/there, type: " \
       "c, "                                                                                                 \
       "major: 195}]}}]\n"

START_TEST (refuses_a_node_of_another_path_where_it_would_be_bound)
{
  g_autoptr (CdiWitness) witness = one_directory ();

  put_file ("cdi/a.yaml", ELSEWHERE);
  g_autoptr (Edit) made = edit (witness, "runsc", "{" ASKS "}");
  assert_failure (
      made->error, B9_ERROR_UNSUPPORTED,
      "CDI devices cannot be injected: device node /dev/here is /dev/there on the host, and runsc takes "
      "nodes from the host by the container's path, where /dev/here is not the same; make the node "
      "/dev/here on the host, or change hostPath in the CDI file");
  g_autoptr (Edit) made_by_runc = edit (witness, "runc", "{" ASKS "}");
  ck_assert (made_by_runc->done);
  g_autoptr (Edit) in_user_namespace = edit (witness, "runc",
                                             "{" ASKS ",\"linux\":{\"namespaces\":[{\"type\":\"user\"}]}}");
  ck_assert (!in_user_namespace->done);
}
END_TEST

START_TEST (warns_of_a_stale_major)
{
  g_autoptr (CdiWitness) witness = one_directory ();

  put_file ("cdi/a.yaml",
            HEAD "devices: [{name: '0', containerEdits: {deviceNodes: [{path: /dev/null, type: c, "
                 "major: 511, minor: 1}]}}]\n");
  g_autoptr (Edit) made = edit (witness, "runc", "{" ASKS "}");
  ck_assert (made->done);
  ck_assert_ptr_nonnull (strstr (
      witness->log->str, "device node /dev/null is 511:1 in the CDI file and 1:3 on this host (/dev/null): "
                         "the file is stale, generate it anew"));
}
END_TEST

START_TEST (finds_what_no_edit_has_resolved)
{
  g_autoptr (CdiWitness) witness = one_directory ();
  g_autoptr (Edit) made = edit (witness, "runc", "{}");
  g_autoptr (B9JsonText) text = json_parse (
      "{\"annotations\":{\"cdi.k8s.io/b\":\"nvidia.com/gds=all\",\"cdi.k8s.io/a\":"
      "\"acme.com/fpga=1,amd.com/gpu=0\"}}");
  g_autoptr (B9SpecCopy) copy = b9_spec_copy_new (text);

  ck_assert (cdi_detect (&witness->host, b9_spec_copy_interface (copy), &made->requests.interface, NULL));
  ck_assert_str_eq (made->requests.text->str,
                    "gpu amd amd.com/gpu=0 annotations[\"cdi.k8s.io/a\"]\n"
                    "companion nvidia nvidia.com/gds=all annotations[\"cdi.k8s.io/b\"]\n");
}
END_TEST

/* --- kinds --- */

START_TEST (tells_gpus_by_kind_and_edits)
{
  g_autoptr (CdiWitness) witness = one_directory ();

  put_file ("cdi/a.yaml",
            HEAD "devices: [{name: none, containerEdits: {env: [NVCT_EMPTY_DEVICE=]}}, {name: all, "
                 "containerEdits: {" NODE "}}]\n");
  put_file ("cdi/b.yaml",
            "cdiVersion: 0.7.0\nkind: acme.com/card\ndevices: [{name: a, containerEdits: {deviceNodes: "
            "[{path: /dev/dri/renderD128}]}}, {name: b, containerEdits: {deviceNodes: [{path: "
            "/dev/nvram}]}}]\n");
  put_file ("cdi/c.yaml", "cdiVersion: 0.7.0\nkind: nvidia.com/gds\ndevices: [{name: all, containerEdits: "
                          "{deviceNodes: [{path: /dev/nvidia-fs0}]}}]\n");
  g_autoptr (CdiRegistry) registry = load_registry (witness);
  const struct {
    const char *name;
    guint32 gpu_class;
  } expected[] = {{"nvidia.com/gpu=none", B9_GPU_COMPANION},
                  {"nvidia.com/gpu=all", B9_GPU_DEVICE},
                  {"acme.com/card=a", B9_GPU_DEVICE},
                  {"acme.com/card=b", 0},
                  {"nvidia.com/gds=all", B9_GPU_COMPANION}};
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++) {
    const CdiEntry *entry = cdi_registry_find (registry, expected[i].name);

    ck_assert_ptr_nonnull (entry);
    ck_assert_uint_eq (cdi_gpu_class (expected[i].name, entry), expected[i].gpu_class);
  }
  ck_assert_uint_eq (cdi_gpu_class ("runtime.nvidia.com/gpu=0", NULL), B9_GPU_DEVICE);
  ck_assert_uint_eq (cdi_gpu_class ("notnvidia.com/gpu=0", NULL), 0);
}
END_TEST

START_TEST (names_a_vendor_whatever_its_dots)
{
  static const char *const names[][2] = {
      {"runtime.nvidia.com/gpu=0", "nvidia"}, {"a/b=c", "a"}, {"a..com/b=c", "a..com"}};

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *vendor = cdi_vendor (names[i][0]);

    ck_assert_str_eq (vendor, names[i][1]);
  }
}
END_TEST

/* --- the check --- */

static CdiWitness *
fake_host (void)
{
  CdiWitness *witness = witness_new (top);

  witness_add_directory (witness, "/etc/cdi");
  make_directory ("etc/cdi");
  make_directory ("proc/driver/nvidia");
  make_directory ("usr/bin");
  make_directory ("lib");
  put_file ("proc/devices",
            "Character devices:\n  1 mem\n195 nvidia\n508 nvidia-uvm\n\nBlock devices:\n  8 sd\n");
  put_file ("proc/driver/nvidia/version",
            "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build  (x)\n");
  return witness;
}

START_TEST (checks_files_against_the_host)
{
  g_autoptr (CdiWitness) witness = fake_host ();
  g_autofree char *hook = at_top ("usr/bin/nvidia-cdi-hook");

  put_file ("etc/cdi/nvidia.yaml", HEAD
            "devices:\n- name: '0'\n  containerEdits:\n    " NODE
            "\n- name: uvm\n  containerEdits: {deviceNodes: "
            "[{path: /dev/nvidia-uvm, type: c, major: 511}]}\ncontainerEdits:\n"
            "  mounts: [{hostPath: /lib/libcuda.so.570.172.08, containerPath: /lib/a}, {hostPath: /lib/b, "
            "containerPath: /lib/b}]\n"
            "  hooks: [{hookName: createContainer, path: /usr/bin/nvidia-cdi-hook}]\n");
  put_file ("etc/cdi/old.yml", ONE_GPU);
  put_file ("etc/cdi/bad.json", "{");
  put_file ("lib/b", "");
  put_file ("usr/bin/nvidia-cdi-hook", "");
  ck_assert_int_eq (g_chmod (hook, 0644), 0);
  cdi_check (&witness->host);
#define ANEW " -> generate the CDI file anew: nvidia-ctk cdi generate --output=/var/run/cdi/nvidia.yaml\n"
  ck_assert_str_eq (witness->told->str,
                    "ok cdi.devices 2 CDI devices, 2 of them GPUs, in 2 files of /etc/cdi\n"
                    "problem cdi.file /etc/cdi/bad.json:2: no valid YAML: did not find expected node content "
                    "while parsing a flow "
                    "node -> correct the file, or generate it anew with the tool that made it\n"
                    "warning cdi.ignored /etc/cdi/old.yml: nobody reads it: CDI files end in .yaml or .json "
                    "-> rename it: mv "
                    "/etc/cdi/old.yml /etc/cdi/old.yaml\n"
                    "problem cdi.mount /etc/cdi/nvidia.yaml: the mount's source /lib/libcuda.so.570.172.08 "
                    "does not exist" ANEW "problem cdi.driver /etc/cdi/nvidia.yaml: it was made for the "
                    "driver 570.172.08, and 580.65.06 is loaded" ANEW
                    "problem cdi.hook /etc/cdi/nvidia.yaml: the hook's program /usr/bin/nvidia-cdi-hook is "
                    "not executable -> run: "
                    "chmod +x on it\n"
                    "problem cdi.major /etc/cdi/nvidia.yaml: /dev/nvidia-uvm has the major 511, and in "
                    "/proc/devices nvidia-uvm has "
                    "508" ANEW);
}
END_TEST

START_TEST (sums_up_for_the_doctor)
{
  g_autoptr (CdiWitness) witness = fake_host ();

  put_file (
      "etc/cdi/nvidia.yaml", HEAD
      "devices: [{name: '0', containerEdits: {mounts: [{hostPath: /lib/a, containerPath: /a}, {hostPath: "
      "/lib/b, containerPath: /b}, {hostPath: /lib/c, containerPath: /c}]}}]\n");
  cdi_examine (&witness->host);
  ck_assert_str_eq (
      witness->told->str,
      "ok cdi.devices 1 CDI device, 0 of them GPUs, in 1 file of /etc/cdi\n"
      "problem cdi.mount /etc/cdi/nvidia.yaml: the mount's source /lib/a does not exist (and 2 more: "
      "b9run cdi check)" ANEW);
}
END_TEST

START_TEST (probes_injection)
{
  g_autoptr (CdiWitness) witness = fake_host ();

  cdi_probe (&witness->host);
  put_file ("etc/cdi/nvidia.yaml", ONE_GPU);
  cdi_probe (&witness->host);
  put_file ("etc/cdi/x.yaml", "{");
  cdi_probe (&witness->host);
  ck_assert_str_eq (witness->told->str,
                    "cdi.inject CONDITIONAL [no CDI file in /etc/cdi] this host describes no CDI device -> "
                    "for NVIDIA: nvidia-ctk cdi "
                    "generate --output=/var/run/cdi/nvidia.yaml\n"
                    "cdi.inject SUPPORTED [1 CDI device, 1 of them GPUs, in 1 file of /etc/cdi]\n"
                    "cdi.inject CONDITIONAL [1 CDI device, 1 of them GPUs, in 2 files of /etc/cdi] "
                    "/etc/cdi/x.yaml:2: no valid YAML: "
                    "did not find expected node content while parsing a flow node -> see all that is wrong: "
                    "b9run cdi check\n");
}
END_TEST

static TCase *
injection_case (void)
{
  TCase *injection = directory_case ("injection");

  tcase_add_test (injection, injects_what_an_annotation_asks_for);
  tcase_add_test (injection, answers_for_every_annotation);
  tcase_add_test (injection, touches_nothing_without_an_annotation);
  tcase_add_test (injection, injects_nothing_twice);
  tcase_add_test (injection, believes_no_mark_without_its_gpu);
  tcase_add_test (injection, sees_what_an_engine_has_injected);
  tcase_add_test (injection, grants_again_what_a_later_rule_denies);
  tcase_add_test (injection, leaves_one_variable_of_a_name);
  tcase_add_test (injection, says_all_that_is_wrong_where_a_device_is_unknown);
  tcase_add_test (injection, says_where_a_wrong_annotation_stands);
  tcase_add_test (injection, edits_nothing_where_a_node_is_missing);
  tcase_add_test (injection, refuses_a_node_of_another_path_where_it_would_be_bound);
  tcase_add_test (injection, warns_of_a_stale_major);
  tcase_add_test (injection, finds_what_no_edit_has_resolved);
  tcase_add_test (injection, tells_gpus_by_kind_and_edits);
  tcase_add_test (injection, names_a_vendor_whatever_its_dots);
  tcase_add_test (injection, checks_files_against_the_host);
  tcase_add_test (injection, sums_up_for_the_doctor);
  tcase_add_test (injection, probes_injection);
  return injection;
}

int
main (void)
{
  TCase *const cases[] = {injection_case (), NULL};

  return run_cases ("cdi-injection", cases);
}
