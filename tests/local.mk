# SPDX-License-Identifier: Apache-2.0
# `make check` needs no runtime and no privileges; tests/integration is for ./tools/test.

dist_check_SCRIPTS = tests/check-headers.sh tests/check-includes.sh tests/check-template.sh
TESTS += tests/check-headers.sh tests/check-includes.sh tests/check-template.sh

include tests/bad-plugins/local.mk

# What the template of a plugin is built against: nothing but an installation.
check_DATA += tests/installed.stamp
tests/installed.stamp: $(plugin_LTLIBRARIES) $(bin_PROGRAMS) $(pkglib_LTLIBRARIES) $(pkglibexec_PROGRAMS) $(b9include_HEADERS)
	@rm -rf tests/installed
	$(AM_V_GEN)$(MAKE) $(AM_MAKEFLAGS) install DESTDIR='$(abs_builddir)/tests/installed' >tests/install.log 2>&1 \
	  || { cat tests/install.log; exit 1; }
	@touch $@
CLEANFILES += tests/installed.stamp tests/install.log
clean-local:
	rm -rf tests/installed

if HAVE_CHECK
B9_CHECKS = \
	tests/test-archive \
	tests/test-arguments \
	tests/test-bundle \
	tests/test-bundle-command \
	tests/test-cdi-files \
	tests/test-cdi-injection \
	tests/test-cdi-vectors \
	tests/test-cgroup \
	tests/test-checkpoint-vtable \
	tests/test-checkpoint-criu \
	tests/test-checkpoint-image \
	tests/test-checkup \
	tests/test-claim \
	tests/test-client-files \
	tests/test-cli-argv \
	tests/test-cli-capabilities \
	tests/test-cli-doctor \
	tests/test-cli-failures \
	tests/test-cli-life \
	tests/test-cli-listing \
	tests/test-config \
	tests/test-config-files \
	tests/test-container-processes \
	tests/test-cuda-batches \
	tests/test-cuda-host \
	tests/test-cuda-strategies \
	tests/test-device-path \
	tests/test-diff \
	tests/test-doctor-host \
	tests/test-files \
	tests/test-formats \
	tests/test-gpu-type \
	tests/test-guardian \
	tests/test-host \
	tests/test-host-cells \
	tests/test-host-services \
	tests/test-index \
	tests/test-json-edit \
	tests/test-json-scan \
	tests/test-json-text \
	tests/test-launch \
	tests/test-log \
	tests/test-matrix \
	tests/test-module-file \
	tests/test-needs \
	tests/test-nvidia-host \
	tests/test-oom \
	tests/test-preparation \
	tests/test-process \
	tests/test-provider \
	tests/test-query \
	tests/test-record \
	tests/test-registry \
	tests/test-rootfs \
	tests/test-runc-args \
	tests/test-runc-probe \
	tests/test-runc-state \
	tests/test-runsc-args \
	tests/test-runsc-prepare \
	tests/test-runsc-probe \
	tests/test-runsc-features \
	tests/test-runsc-state \
	tests/test-runsc-status \
	tests/test-shadow \
	tests/test-spawn \
	tests/test-table \
	tests/test-spec \
	tests/test-spec-types \
	tests/test-words
check_PROGRAMS += $(B9_CHECKS) tests/fakes/fake-runtime $(B9_CUDA_FAKES)
TESTS += $(B9_CHECKS)
endif

# The fake of a runtime, which the calls of the built b9run meet; without a sanitizer, as a runtime is.
tests_fakes_fake_runtime_SOURCES = tests/fakes/fake-runtime.c
tests_fakes_fake_runtime_CFLAGS = $(B9_STD) $(B9_WARN)
tests_fakes_fake_runtime_LDFLAGS =

# The fakes of NVIDIA's driver and of processes that it knows (tests/fakes/fake-cuda.h).
B9_CUDA_FAKES = tests/fakes/fake-cuda-checkpoint tests/fakes/fake-cuda-process
B9_CUDA_FAKE_FLAGS = -module -avoid-version -rpath /nowhere
tests_fakes_fake_cuda_checkpoint_SOURCES = tests/fakes/fake-cuda-checkpoint.c tests/fakes/fake-cuda.c tests/fakes/fake-cuda.h
tests_fakes_fake_cuda_checkpoint_CFLAGS = $(B9_STD) $(B9_WARN)
tests_fakes_fake_cuda_checkpoint_LDFLAGS =
tests_fakes_fake_cuda_process_SOURCES = tests/fakes/fake-cuda-process.c tests/fakes/fake-cuda.h
tests_fakes_fake_cuda_process_CFLAGS = $(B9_STD) $(B9_WARN)
tests_fakes_fake_cuda_process_LDFLAGS = -all-static
check_LTLIBRARIES += tests/fakes/fake-libcuda.la tests/fakes/fake-nvml.la
tests_fakes_fake_libcuda_la_SOURCES = tests/fakes/fake-libcuda.c tests/fakes/fake-cuda.c tests/fakes/fake-cuda.h
tests_fakes_fake_libcuda_la_CFLAGS = $(B9_STD) $(B9_WARN) -fvisibility=hidden
tests_fakes_fake_libcuda_la_LDFLAGS = $(B9_CUDA_FAKE_FLAGS)
tests_fakes_fake_nvml_la_SOURCES = tests/fakes/fake-nvml.c tests/fakes/fake-cuda.c tests/fakes/fake-cuda.h
tests_fakes_fake_nvml_la_CFLAGS = $(B9_STD) $(B9_WARN) -fvisibility=hidden
tests_fakes_fake_nvml_la_LDFLAGS = $(B9_CUDA_FAKE_FLAGS)

# The format modules come from the build tree, as do the fixtures.
AM_TESTS_ENVIRONMENT = \
	B9RUN_LIBEXEC_DIR='$(abs_top_builddir)/.libs'; export B9RUN_LIBEXEC_DIR; \
	B9_TEST_FIXTURES='$(abs_top_builddir)/tests/bad-plugins'; export B9_TEST_FIXTURES; \
	srcdir='$(abs_top_srcdir)'; export srcdir; \
	DESTDIR='$(abs_top_builddir)/tests/installed'; export DESTDIR; \
	CC='$(CC)'; export CC; \
	B9RUN='$(abs_top_builddir)/b9run'; export B9RUN;

B9_TEST_CPPFLAGS = $(AM_CPPFLAGS) -DB9_TEST_DATA='"$(abs_top_srcdir)/tests/data"' -DB9_TOP_SRCDIR='"$(abs_top_srcdir)"'
B9_TEST_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS) $(CHECK_CFLAGS)
B9_TEST_LIBS = libb9core.la $(GLIB_LIBS) $(CHECK_LIBS)

tests_test_client_files_SOURCES = tests/test-client-files.c tests/suite-testing.h
tests_test_client_files_CPPFLAGS = $(B9_TEST_CPPFLAGS) -DB9_TOP_BUILDDIR='"$(abs_top_builddir)"' -DB9_BINDIR='"$(bindir)"'
tests_test_client_files_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_client_files_LDADD = $(B9_TEST_LIBS)

tests_test_cli_argv_SOURCES = tests/test-cli-argv.c tests/cli-testing.h tests/directory-testing.h tests/suite-testing.h
tests_test_cli_argv_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_cli_argv_LDADD = $(B9_TEST_LIBS)

tests_test_cli_capabilities_SOURCES = tests/test-cli-capabilities.c tests/cli-testing.h tests/directory-testing.h tests/suite-testing.h
tests_test_cli_capabilities_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_cli_capabilities_LDADD = $(B9_TEST_LIBS)

tests_test_cli_doctor_SOURCES = tests/test-cli-doctor.c tests/cli-testing.h tests/directory-testing.h tests/suite-testing.h
tests_test_cli_doctor_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_cli_doctor_LDADD = $(B9_TEST_LIBS)

tests_test_cli_failures_SOURCES = tests/test-cli-failures.c tests/cli-testing.h tests/directory-testing.h tests/suite-testing.h
tests_test_cli_failures_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_cli_failures_LDADD = $(B9_TEST_LIBS)

tests_test_cli_listing_SOURCES = tests/test-cli-listing.c tests/cli-testing.h tests/directory-testing.h tests/suite-testing.h
tests_test_cli_listing_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_cli_listing_LDADD = $(B9_TEST_LIBS)

tests_test_cli_life_SOURCES = tests/test-cli-life.c tests/cli-testing.h tests/directory-testing.h tests/suite-testing.h
tests_test_cli_life_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_cli_life_LDADD = $(B9_TEST_LIBS)

tests_test_archive_SOURCES = tests/test-archive.c tests/archive-testing.h tests/directory-testing.h tests/suite-testing.h
tests_test_archive_CFLAGS = $(B9_TEST_CFLAGS) $(ARCHIVE_CFLAGS)
tests_test_archive_LDADD = $(B9_TEST_LIBS) $(ARCHIVE_LIBS)

tests_test_rootfs_SOURCES = tests/test-rootfs.c tests/archive-testing.h tests/directory-testing.h tests/suite-testing.h
tests_test_rootfs_CFLAGS = $(B9_TEST_CFLAGS) $(ARCHIVE_CFLAGS)
tests_test_rootfs_LDADD = $(B9_TEST_LIBS) $(ARCHIVE_LIBS)

tests_test_container_processes_SOURCES = tests/test-container-processes.c tests/directory-testing.h tests/suite-testing.h
tests_test_container_processes_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_container_processes_LDADD = $(B9_TEST_LIBS)

tests_test_arguments_SOURCES = tests/test-arguments.c tests/suite-testing.h
tests_test_arguments_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_arguments_LDADD = $(B9_TEST_LIBS)

tests_test_words_SOURCES = tests/test-words.c tests/suite-testing.h
tests_test_words_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_words_LDADD = $(B9_TEST_LIBS)

tests_test_files_SOURCES = tests/test-files.c tests/directory-testing.h tests/suite-testing.h
tests_test_files_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_files_LDADD = $(B9_TEST_LIBS)

tests_test_oom_SOURCES = tests/test-oom.c tests/directory-testing.h tests/suite-testing.h
tests_test_oom_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_oom_LDADD = $(B9_TEST_LIBS)
tests_test_process_SOURCES = tests/test-process.c tests/suite-testing.h
tests_test_process_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_process_LDADD = $(B9_TEST_LIBS)

# The plugin as a library, so that it is compiled once for its suites; those below have it likewise.
check_LTLIBRARIES += tests/libcdi.la
tests_libcdi_la_SOURCES = $(b9_gpu_cdi_la_SOURCES)
tests_libcdi_la_CFLAGS = $(B9_TEST_CFLAGS) $(YAML_CFLAGS)
tests_libcdi_la_LIBADD = $(YAML_LIBS) -lm

tests_test_cdi_files_SOURCES = tests/test-cdi-files.c tests/cdi-testing.h tests/directory-testing.h tests/suite-testing.h
tests_test_cdi_files_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_cdi_files_LDADD = tests/libcdi.la $(B9_TEST_LIBS)

tests_test_cdi_injection_SOURCES = tests/test-cdi-injection.c tests/cdi-testing.h tests/directory-testing.h tests/suite-testing.h
tests_test_cdi_injection_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_cdi_injection_LDADD = tests/libcdi.la $(B9_TEST_LIBS)

tests_test_cdi_vectors_SOURCES = tests/test-cdi-vectors.c tests/cdi-testing.h tests/directory-testing.h tests/suite-testing.h
tests_test_cdi_vectors_CPPFLAGS = $(B9_TEST_CPPFLAGS)
tests_test_cdi_vectors_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_cdi_vectors_LDADD = tests/libcdi.la $(B9_TEST_LIBS)

tests_test_cgroup_SOURCES = tests/test-cgroup.c tests/directory-testing.h tests/suite-testing.h
tests_test_cgroup_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_cgroup_LDADD = $(B9_TEST_LIBS)

tests_test_record_SOURCES = tests/test-record.c tests/directory-testing.h tests/suite-testing.h
tests_test_record_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_record_LDADD = $(B9_TEST_LIBS)

tests_test_index_SOURCES = tests/test-index.c tests/directory-testing.h tests/suite-testing.h
tests_test_index_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_index_LDADD = $(B9_TEST_LIBS)

tests_test_bundle_SOURCES = tests/test-bundle.c tests/directory-testing.h tests/suite-testing.h
tests_test_bundle_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_bundle_LDADD = $(B9_TEST_LIBS)

tests_test_bundle_command_SOURCES = tests/test-bundle-command.c tests/directory-testing.h tests/suite-testing.h
tests_test_bundle_command_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_bundle_command_LDADD = $(B9_TEST_LIBS)

tests_test_log_SOURCES = tests/test-log.c tests/directory-testing.h tests/suite-testing.h
tests_test_log_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_log_LDADD = $(B9_TEST_LIBS)

tests_test_host_SOURCES = tests/test-host.c tests/directory-testing.h tests/suite-testing.h
tests_test_host_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_host_LDADD = $(B9_TEST_LIBS)

tests_test_host_cells_SOURCES = tests/test-host-cells.c tests/directory-testing.h tests/suite-testing.h
tests_test_host_cells_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_host_cells_LDADD = $(B9_TEST_LIBS)

tests_test_host_services_SOURCES = tests/test-host-services.c tests/directory-testing.h tests/suite-testing.h
tests_test_host_services_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_host_services_LDADD = $(B9_TEST_LIBS)

tests_test_checkpoint_criu_SOURCES = tests/test-checkpoint-criu.c tests/examine-testing.h tests/directory-testing.h \
	tests/suite-testing.h $(b9_checkpoint_criu_la_SOURCES)
tests_test_checkpoint_criu_CPPFLAGS = $(B9_TEST_CPPFLAGS)
tests_test_checkpoint_criu_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_checkpoint_criu_LDADD = $(B9_TEST_LIBS)

tests_test_checkup_SOURCES = tests/test-checkup.c tests/directory-testing.h tests/suite-testing.h
tests_test_checkup_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_checkup_LDADD = $(B9_TEST_LIBS)

tests_test_doctor_host_SOURCES = tests/test-doctor-host.c tests/examine-testing.h tests/directory-testing.h \
	tests/suite-testing.h
tests_test_doctor_host_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_doctor_host_LDADD = $(B9_TEST_LIBS)

check_LTLIBRARIES += tests/libcuda-checkpoint.la
tests_libcuda_checkpoint_la_SOURCES = $(b9_checkpoint_cuda_checkpoint_la_SOURCES) \
	plugins/checkpoint/cuda-checkpoint/helper-binary.c \
	plugins/checkpoint/cuda-checkpoint/helper-memory.c \
	plugins/checkpoint/cuda-checkpoint/helper.h
tests_libcuda_checkpoint_la_CFLAGS = $(B9_TEST_CFLAGS)
tests_libcuda_checkpoint_la_LIBADD = -ldl

B9_CUDA_CPPFLAGS = $(B9_TEST_CPPFLAGS) -DB9_TOP_BUILDDIR='"$(abs_top_builddir)"'
tests_test_cuda_batches_SOURCES = tests/test-cuda-batches.c tests/cuda-testing.h tests/examine-testing.h \
	tests/directory-testing.h tests/suite-testing.h
tests_test_cuda_batches_CPPFLAGS = $(B9_CUDA_CPPFLAGS)
tests_test_cuda_batches_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_cuda_batches_LDADD = tests/libcuda-checkpoint.la $(B9_TEST_LIBS)

tests_test_cuda_host_SOURCES = tests/test-cuda-host.c tests/cuda-testing.h tests/examine-testing.h \
	tests/directory-testing.h tests/suite-testing.h
tests_test_cuda_host_CPPFLAGS = $(B9_CUDA_CPPFLAGS)
tests_test_cuda_host_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_cuda_host_LDADD = tests/libcuda-checkpoint.la $(B9_TEST_LIBS)

tests_test_cuda_strategies_SOURCES = tests/test-cuda-strategies.c tests/cuda-testing.h tests/examine-testing.h \
	tests/directory-testing.h tests/suite-testing.h
tests_test_cuda_strategies_CPPFLAGS = $(B9_CUDA_CPPFLAGS)
tests_test_cuda_strategies_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_cuda_strategies_LDADD = tests/libcuda-checkpoint.la $(B9_TEST_LIBS)

tests_test_claim_SOURCES = tests/test-claim.c tests/run-testing.h tests/directory-testing.h tests/suite-testing.h
tests_test_claim_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_claim_LDADD = $(B9_TEST_LIBS)

tests_test_query_SOURCES = tests/test-query.c tests/run-testing.h tests/directory-testing.h tests/suite-testing.h
tests_test_query_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_query_LDADD = $(B9_TEST_LIBS)

tests_test_spec_types_SOURCES = tests/test-spec-types.c tests/json-testing.h tests/suite-testing.h
tests_test_spec_types_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_spec_types_LDADD = $(B9_TEST_LIBS)

tests_test_spawn_SOURCES = tests/test-spawn.c tests/directory-testing.h tests/suite-testing.h
tests_test_spawn_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_spawn_LDADD = $(B9_TEST_LIBS)

tests_test_spec_SOURCES = tests/test-spec.c tests/suite-testing.h
tests_test_spec_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_spec_LDADD = $(B9_TEST_LIBS)

tests_test_gpu_type_SOURCES = tests/test-gpu-type.c tests/directory-testing.h tests/suite-testing.h
tests_test_gpu_type_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_gpu_type_LDADD = $(B9_TEST_LIBS)

tests_test_preparation_SOURCES = tests/test-preparation.c tests/plugin-testing.h tests/suite-testing.h
tests_test_preparation_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_preparation_LDADD = $(B9_TEST_LIBS)

tests_test_shadow_SOURCES = tests/test-shadow.c tests/directory-testing.h tests/suite-testing.h
tests_test_shadow_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_shadow_LDADD = $(B9_TEST_LIBS)

tests_test_diff_SOURCES = tests/test-diff.c tests/directory-testing.h tests/suite-testing.h
tests_test_diff_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_diff_LDADD = $(B9_TEST_LIBS)

tests_test_launch_SOURCES = tests/test-launch.c tests/run-testing.h tests/directory-testing.h tests/suite-testing.h
tests_test_launch_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_launch_LDADD = $(B9_TEST_LIBS)

tests_test_config_SOURCES = tests/test-config.c tests/suite-testing.h
tests_test_config_CPPFLAGS = $(B9_TEST_CPPFLAGS)
tests_test_config_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_config_LDADD = $(B9_TEST_LIBS)

tests_test_config_files_SOURCES = tests/test-config-files.c tests/suite-testing.h
tests_test_config_files_CPPFLAGS = $(B9_TEST_CPPFLAGS)
tests_test_config_files_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_config_files_LDADD = $(B9_TEST_LIBS)

tests_test_checkpoint_image_SOURCES = tests/test-checkpoint-image.c tests/suite-testing.h
tests_test_checkpoint_image_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_checkpoint_image_LDADD = $(B9_TEST_LIBS)

tests_test_guardian_SOURCES = tests/test-guardian.c tests/suite-testing.h
tests_test_guardian_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_guardian_LDADD = $(B9_TEST_LIBS)

tests_test_checkpoint_vtable_SOURCES = tests/test-checkpoint-vtable.c tests/suite-testing.h
tests_test_checkpoint_vtable_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_checkpoint_vtable_LDADD = $(B9_TEST_LIBS)

tests_test_formats_SOURCES = tests/test-formats.c tests/suite-testing.h
tests_test_formats_CPPFLAGS = $(B9_TEST_CPPFLAGS)
tests_test_formats_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_formats_LDADD = $(B9_TEST_LIBS)

tests_test_json_edit_SOURCES = tests/test-json-edit.c tests/json-testing.h tests/suite-testing.h
tests_test_json_edit_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_json_edit_LDADD = $(B9_TEST_LIBS)

tests_test_json_scan_SOURCES = tests/test-json-scan.c tests/json-testing.h tests/suite-testing.h
tests_test_json_scan_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_json_scan_LDADD = $(B9_TEST_LIBS)

tests_test_json_text_SOURCES = tests/test-json-text.c tests/json-testing.h tests/suite-testing.h
tests_test_json_text_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_json_text_LDADD = $(B9_TEST_LIBS)

tests_test_module_file_SOURCES = tests/test-module-file.c tests/plugin-testing.h tests/suite-testing.h
tests_test_module_file_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_module_file_LDADD = $(B9_TEST_LIBS)

tests_test_nvidia_host_SOURCES = tests/test-nvidia-host.c tests/examine-testing.h tests/directory-testing.h \
	tests/suite-testing.h $(B9_NVIDIA_HOST)
tests_test_nvidia_host_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_nvidia_host_LDADD = $(B9_TEST_LIBS)

tests_test_device_path_SOURCES = tests/test-device-path.c tests/examine-testing.h tests/directory-testing.h \
	tests/suite-testing.h $(b9_gpu_device_path_la_SOURCES)
tests_test_device_path_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_device_path_LDADD = $(B9_TEST_LIBS)

tests_test_registry_SOURCES = tests/test-registry.c tests/plugin-testing.h tests/suite-testing.h
tests_test_registry_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_registry_LDADD = $(B9_TEST_LIBS)

tests_test_matrix_SOURCES = tests/test-matrix.c tests/plugin-testing.h tests/suite-testing.h
tests_test_matrix_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_matrix_LDADD = $(B9_TEST_LIBS)

tests_test_needs_SOURCES = tests/test-needs.c tests/suite-testing.h
tests_test_needs_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_needs_LDADD = $(B9_TEST_LIBS)

tests_test_table_SOURCES = tests/test-table.c tests/suite-testing.h
tests_test_table_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_table_LDADD = $(B9_TEST_LIBS)

tests_test_provider_SOURCES = tests/test-provider.c tests/plugin-testing.h tests/suite-testing.h
tests_test_provider_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_provider_LDADD = $(B9_TEST_LIBS)

check_LTLIBRARIES += tests/librunc.la
tests_librunc_la_SOURCES = $(b9_backend_runc_la_SOURCES)
tests_librunc_la_CFLAGS = $(B9_TEST_CFLAGS)

tests_test_runc_args_SOURCES = tests/test-runc-args.c tests/backend-testing.h tests/suite-testing.h
tests_test_runc_args_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_runc_args_LDADD = tests/librunc.la $(B9_TEST_LIBS)

tests_test_runc_probe_SOURCES = tests/test-runc-probe.c tests/backend-testing.h tests/suite-testing.h tests/probe-testing.h
tests_test_runc_probe_CPPFLAGS = $(B9_TEST_CPPFLAGS)
tests_test_runc_probe_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_runc_probe_LDADD = tests/librunc.la $(B9_TEST_LIBS)

tests_test_runc_state_SOURCES = tests/test-runc-state.c tests/directory-testing.h tests/suite-testing.h
tests_test_runc_state_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_runc_state_LDADD = tests/librunc.la $(B9_TEST_LIBS)

check_LTLIBRARIES += tests/librunsc.la
tests_librunsc_la_SOURCES = $(b9_backend_runsc_la_SOURCES)
tests_librunsc_la_CFLAGS = $(B9_TEST_CFLAGS)

tests_test_runsc_args_SOURCES = tests/test-runsc-args.c tests/backend-testing.h tests/suite-testing.h
tests_test_runsc_args_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_runsc_args_LDADD = tests/librunsc.la $(B9_TEST_LIBS)

tests_test_runsc_prepare_SOURCES = tests/test-runsc-prepare.c tests/backend-testing.h tests/suite-testing.h tests/probe-testing.h
tests_test_runsc_prepare_CPPFLAGS = $(B9_TEST_CPPFLAGS)
tests_test_runsc_prepare_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_runsc_prepare_LDADD = tests/librunsc.la $(B9_TEST_LIBS)

tests_test_runsc_probe_SOURCES = tests/test-runsc-probe.c tests/backend-testing.h tests/suite-testing.h tests/probe-testing.h
tests_test_runsc_probe_CPPFLAGS = $(B9_TEST_CPPFLAGS)
tests_test_runsc_probe_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_runsc_probe_LDADD = tests/librunsc.la $(B9_TEST_LIBS)

tests_test_runsc_features_SOURCES = tests/test-runsc-features.c tests/examine-testing.h tests/directory-testing.h \
	tests/suite-testing.h
tests_test_runsc_features_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_runsc_features_LDADD = tests/librunsc.la $(B9_TEST_LIBS)

tests_test_runsc_state_SOURCES = tests/test-runsc-state.c tests/backend-testing.h tests/suite-testing.h
tests_test_runsc_state_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_runsc_state_LDADD = tests/librunsc.la $(B9_TEST_LIBS)

tests_test_runsc_status_SOURCES = tests/test-runsc-status.c tests/directory-testing.h tests/suite-testing.h
tests_test_runsc_status_CFLAGS = $(B9_TEST_CFLAGS)
tests_test_runsc_status_LDADD = tests/librunsc.la $(B9_TEST_LIBS)

# Valgrind 3.19 has neither pidfd_open(2) nor openat2(2), which these are about.
B9_VALGRIND_CHECKS = $(filter-out tests/test-bundle-command tests/test-host-services tests/test-matrix tests/test-process tests/test-query tests/test-spawn,$(B9_CHECKS))

if HAVE_VALGRIND
check-valgrind: $(check_PROGRAMS) $(check_DATA)
	@for test in $(B9_VALGRIND_CHECKS); do \
	  echo "valgrind $$test"; \
	  ( $(AM_TESTS_ENVIRONMENT) CK_FORK=no G_SLICE=always-malloc $(LIBTOOL) --mode=execute $(VALGRIND) --quiet \
	    --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite \
	    --suppressions=$(srcdir)/tests/valgrind.supp ./$$test ) || exit 1; \
	done
else
check-valgrind:
	@echo 'valgrind is missing.  Debian: apt-get install valgrind   Fedora: dnf install valgrind'; exit 1
endif
.PHONY: check-valgrind coverage

# The report of what the tests of this build ran through; configure with --enable-coverage.
coverage: check
if COVERAGE
	$(GCOVR) --root $(srcdir) --object-directory . --gcov-ignore-parse-errors --filter '$(abs_srcdir)/core/' --print-summary
else
	@echo 'this build does not count: configure --enable-coverage'; exit 1
endif

EXTRA_DIST += tests/fakes/linux-host.sh tests/fakes/nvidia-host.sh
EXTRA_DIST += tests/cdi-differences.json
EXTRA_DIST += tests/data tests/faults tests/fuzz tests/gpu tests/integration tests/valgrind.supp tests/vm
