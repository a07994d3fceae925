# SPDX-License-Identifier: Apache-2.0
# libb9core holds everything but main, so that the tests can call it; the format modules are opened when needed.

noinst_LTLIBRARIES += libb9core.la
libb9core_la_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
libb9core_la_LIBADD = $(GLIB_LIBS) $(LTDL_LIBS)
libb9core_la_SOURCES = \
	core/capability/answers.c core/capability/answers.h \
	core/capability/ask.c core/capability/ask.h \
	core/capability/cache.c core/capability/cache.h \
	core/capability/catalogue.c core/capability/catalogue.h \
	core/capability/evidence.c core/capability/evidence.h \
	core/capability/host-cells.c core/capability/host-cells.h \
	core/capability/matrix.c core/capability/matrix.h \
	core/capability/needs.c core/capability/needs.h \
	core/capability/table.c core/capability/table.h \
	core/checkpoint/archive.c core/checkpoint/archive.h \
	core/checkpoint/rootfs.h core/checkpoint/rootfs-apply.c \
	core/checkpoint/rootfs-layer.c core/checkpoint/rootfs-pack.c \
	core/checkpoint/rootfs-plan.c \
	core/checkpoint/change.c core/checkpoint/change.h \
	core/checkpoint/cancel.c core/checkpoint/cancel.h \
	core/checkpoint/container.c core/checkpoint/container.h \
	core/checkpoint/digest.c core/checkpoint/digest.h \
	core/checkpoint/guardian.c core/checkpoint/guardian.h \
	core/checkpoint/image.c core/checkpoint/image.h \
	core/checkpoint/job.c core/checkpoint/job.h \
	core/checkpoint/journal.c core/checkpoint/journal.h \
	core/checkpoint/manifest.c core/checkpoint/manifest.h \
	core/checkpoint/manifest-host.c core/checkpoint/manifest-host.h \
	core/checkpoint/outsiders.c core/checkpoint/outsiders.h \
	core/checkpoint/parties.c core/checkpoint/parties.h \
	core/checkpoint/processes.c core/checkpoint/processes.h \
	core/checkpoint/programs.c core/checkpoint/programs.h \
	core/checkpoint/progress.c core/checkpoint/progress.h \
	core/checkpoint/recover.c core/checkpoint/recover.h \
	core/checkpoint/restore.c core/checkpoint/restore.h \
	core/checkpoint/save.c core/checkpoint/save.h \
	core/checkpoint/status.c core/checkpoint/status.h \
	core/checkpoint/stillness.c core/checkpoint/stillness.h \
	core/checkpoint/stream.c core/checkpoint/stream.h \
	core/checkpoint/watchdog.c core/checkpoint/watchdog.h \
	core/cli/arguments.c core/cli/arguments.h \
	core/config/config.c core/config/config.h core/config/config-private.h \
	core/config/config-file.c \
	core/config/config-plugin.c \
	core/config/config-pool.c \
	core/config/config-print.c \
	core/config/config-schema.c \
	core/config/config-words.c \
	core/container/bundle.c core/container/bundle.h \
	core/container/bundle-command.c core/container/bundle-command.h \
	core/container/exit-status.c core/container/exit-status.h \
	core/container/index.c core/container/index.h \
	core/container/record.c core/container/record.h \
	core/container/shadow.c core/container/shadow.h \
	core/doctor/checkup.c core/doctor/checkup.h \
	core/doctor/doctor.h \
	core/doctor/doctor-host.c \
	core/doctor/doctor-install.c \
	core/doctor/doctor-state.c \
	core/formats/formats.c core/formats/formats.h core/formats/format-module.h \
	core/formats/yaml-node.c \
	core/gpu/gpu-type.c core/gpu/gpu-type.h \
	core/gpu/preparation.c core/gpu/preparation.h \
	core/gpu/requests.c core/gpu/requests.h \
	core/json/json-edit.c core/json/json-edit.h \
	core/json/json-pretty.c core/json/json-pretty.h \
	core/json/json-private.h \
	core/json/json-scan.c \
	core/json/json-string.c \
	core/json/json-text.c core/json/json-text.h \
	core/log/client-log.c core/log/client-log.h \
	core/log/own-log.c core/log/own-log.h \
	core/plugin/host.c core/plugin/host.h \
	core/plugin/host-cache.c \
	core/plugin/host-keep.c \
	core/plugin/host-files.c \
	core/plugin/host-private.h \
	core/plugin/host-report.c \
	core/plugin/host-run.c \
	core/plugin/module-backend.c \
	core/plugin/module-check.c \
	core/plugin/module-checkpoint.c \
	core/plugin/module-file.c \
	core/plugin/module-gpu.c \
	core/plugin/module-open.c \
	core/plugin/module-private.h \
	core/plugin/module-vtable.c \
	core/plugin/provider.c core/plugin/provider.h \
	core/plugin/registry.c core/plugin/registry.h \
	core/run/attach.c core/run/attach.h \
	core/run/claim.c core/run/claim.h \
	core/run/launch.c core/run/launch.h \
	core/run/oom.c core/run/oom.h \
	core/run/outcome.c core/run/outcome.h \
	core/run/query.c core/run/query.h \
	core/run/runtime.c core/run/runtime.h \
	core/run/spawn.c core/run/spawn.h \
	core/run/sweep.c core/run/sweep.h \
	core/spec/diff.c core/spec/diff.h \
	core/spec/pointer.c core/spec/pointer.h \
	core/spec/spec.c core/spec/spec.h \
	core/spec/types.c core/spec/types.h \
	core/sys/cache-file.c core/sys/cache-file.h \
	core/sys/cgroup.c core/sys/cgroup.h \
	core/sys/clock.c core/sys/clock.h \
	core/sys/failure.c core/sys/failure.h \
	core/sys/files.c core/sys/files.h \
	core/sys/process.c core/sys/process.h \
	core/sys/program.c core/sys/program.h \
	core/sys/trust.c core/sys/trust.h \
	core/sys/words.c core/sys/words.h

bin_PROGRAMS += b9run
b9run_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
b9run_LDADD = libb9core.la
b9run_LDFLAGS = $(AM_LDFLAGS) $(B9_HARDEN_LINK)
b9run_SOURCES = \
	core/cli/main.c \
	core/cli/app.c core/cli/app.h \
	core/cli/at-work.c \
	core/cli/perform.c \
	core/cli/prepare.c \
	core/cli/command.h core/cli/commands.c \
	core/cli/checkpointing.c core/cli/checkpointing.h \
	core/cli/enforce.c \
	core/cli/explain.h core/cli/explain-print.c \
	core/cli/launching.c core/cli/launching.h \
	core/cli/listing.c core/cli/listing.h \
	core/cli/cmd-capabilities.c \
	core/cli/cmd-cdi.c \
	core/cli/cmd-checkpoint.c \
	core/cli/cmd-checkpoint-info.c \
	core/cli/cmd-config.c \
	core/cli/cmd-delete.c \
	core/cli/cmd-doctor.c \
	core/cli/cmd-events.c \
	core/cli/cmd-exec.c \
	core/cli/cmd-explain.c \
	core/cli/cmd-features.c \
	core/cli/cmd-index.c \
	core/cli/cmd-kill.c \
	core/cli/cmd-list.c \
	core/cli/cmd-plugins.c \
	core/cli/cmd-ps.c \
	core/cli/cmd-recover.c \
	core/cli/cmd-restore.c \
	core/cli/portable.c core/cli/portable.h \
	core/cli/cmd-run.c \
	core/cli/cmd-simple.c \
	core/cli/cmd-spec.c \
	core/cli/cmd-state.c \
	core/cli/cmd-wait.c

# One stays for every detached container, so it links the C library alone, and no sanitizer.
pkglibexec_PROGRAMS += b9run-monitor
b9run_monitor_SOURCES = core/monitor/monitor.c
b9run_monitor_CFLAGS = $(B9_STD) $(B9_WARN) $(B9_HARDEN)
b9run_monitor_LDFLAGS = $(B9_HARDEN_LINK)

# Watches over every checkpoint and restore, which waits until it is started; so the same goes for it.
pkglibexec_PROGRAMS += b9run-guardian
b9run_guardian_SOURCES = core/guardian/guardian.c
b9run_guardian_CFLAGS = $(B9_STD) $(B9_WARN) $(B9_HARDEN)
b9run_guardian_LDFLAGS = $(B9_HARDEN_LINK)

# Stands before hooks whose bundle is not the runtime's.
pkglibexec_PROGRAMS += b9run-hook
b9run_hook_SOURCES = core/hook/hook.c
b9run_hook_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
b9run_hook_LDADD = libb9core.la
b9run_hook_LDFLAGS = $(AM_LDFLAGS) $(B9_HARDEN_LINK)

pkglib_LTLIBRARIES += b9run-archive.la b9run-json.la b9run-yaml.la
B9_FORMAT_FLAGS = -module -avoid-version -no-undefined $(B9_NO_UNDEFINED) -Wl,-z,now -export-symbols-regex '^b9_format_module$$' \
	$(AM_LDFLAGS)
b9run_archive_la_SOURCES = core/formats/archive-module.c core/formats/archive-private.h core/formats/archive-layer.c \
	core/formats/archive-read.c core/formats/archive-write.c
b9run_archive_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden $(GLIB_CFLAGS) $(ARCHIVE_CFLAGS)
b9run_archive_la_LDFLAGS = $(B9_FORMAT_FLAGS)
b9run_archive_la_LIBADD = $(GLIB_LIBS) $(ARCHIVE_LIBS)
b9run_json_la_SOURCES = core/formats/json-module.c
b9run_json_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden $(JSON_GLIB_CFLAGS)
b9run_json_la_LDFLAGS = $(B9_FORMAT_FLAGS)
b9run_json_la_LIBADD = $(JSON_GLIB_LIBS) -lm
b9run_yaml_la_SOURCES = core/formats/yaml-module.c core/formats/yaml-node.c
b9run_yaml_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden $(GLIB_CFLAGS) $(YAML_CFLAGS)
b9run_yaml_la_LDFLAGS = $(B9_FORMAT_FLAGS)
b9run_yaml_la_LIBADD = $(GLIB_LIBS) $(YAML_LIBS)
