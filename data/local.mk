# SPDX-License-Identifier: Apache-2.0
pkgconfigdir = $(libdir)/pkgconfig
nodist_pkgconfig_DATA = data/b9run-plugin-1.pc

# Made by data/completions/generate; tests/check-completions.sh compares.
bashcompletiondir = $(datadir)/bash-completion/completions
zshcompletiondir = $(datadir)/zsh/site-functions
fishcompletiondir = $(datadir)/fish/vendor_completions.d
nodist_bashcompletion_DATA = data/completions/b9run
dist_zshcompletion_DATA = data/completions/_b9run
dist_fishcompletion_DATA = data/completions/b9run.fish
EXTRA_DIST += data/completions/generate data/completions/b9run.bash
CLEANFILES += data/completions/b9run

# bash-completion looks for a file of the command's name.
data/completions/b9run: data/completions/b9run.bash
	@$(MKDIR_P) data/completions
	$(AM_V_GEN)cat $(srcdir)/data/completions/b9run.bash >$@

# What each capability means; docs/capabilities.md is made of them, and tests/check-capabilities.sh compares.
capabilitiesdir = $(pkgdatadir)/capabilities
dist_capabilities_DATA = \
	data/capabilities/apparmor.json \
	data/capabilities/cdi.hooks.json \
	data/capabilities/cdi.inject.json \
	data/capabilities/cgroup.hybrid.json \
	data/capabilities/cgroup.memory.json \
	data/capabilities/cgroup.v1.json \
	data/capabilities/cgroup.v2.json \
	data/capabilities/checkpoint.cuda.json \
	data/capabilities/checkpoint.cuda.host.json \
	data/capabilities/checkpoint.cuda.plugin.json \
	data/capabilities/checkpoint.cuda.remap.json \
	data/capabilities/checkpoint.json \
	data/capabilities/checkpoint.lazy-pages.json \
	data/capabilities/checkpoint.leave-running.json \
	data/capabilities/checkpoint.pre-dump.json \
	data/capabilities/checkpoint.tcp.json \
	data/capabilities/console.json \
	data/capabilities/events.stats.json \
	data/capabilities/exec.json \
	data/capabilities/gpu.driver.json \
	data/capabilities/gpu.mig.json \
	data/capabilities/gpu.nvproxy.json \
	data/capabilities/gpu.passthrough.json \
	data/capabilities/hooks.createContainer.json \
	data/capabilities/idmap.json \
	data/capabilities/kernel.checkpoint-restore.json \
	data/capabilities/netns.join.json \
	data/capabilities/netns.none.json \
	data/capabilities/oom.events.json \
	data/capabilities/pause.json \
	data/capabilities/preserve-fds.json \
	data/capabilities/ps.json \
	data/capabilities/restore.json \
	data/capabilities/rootfs.overlay.json \
	data/capabilities/rootless.json \
	data/capabilities/seccomp.json \
	data/capabilities/selinux.json \
	data/capabilities/systemd-cgroup.json \
	data/capabilities/update.json

# Files for b9run's clients, with the place of this installation in them; tests/test-client-files and the integration suite
# client-files read them.
B9_CLIENT_FILES = \
	data/clients/containerd-1.toml \
	data/clients/containerd-2.toml \
	data/clients/docker-daemon.json \
	data/clients/podman.conf
examplesdir = $(docdir)/examples
nodist_examples_DATA = $(B9_CLIENT_FILES)
dist_examples_DATA = data/clients/runtimeclass.yaml
EXTRA_DIST += $(B9_CLIENT_FILES:=.in)
CLEANFILES += $(B9_CLIENT_FILES)

$(B9_CLIENT_FILES): Makefile
	@$(MKDIR_P) data/clients
	$(AM_V_GEN)$(SED) 's|@bindir[@]|$(bindir)|g' '$(srcdir)/$@.in' >$@
data/clients/containerd-1.toml: data/clients/containerd-1.toml.in
data/clients/containerd-2.toml: data/clients/containerd-2.toml.in
data/clients/docker-daemon.json: data/clients/docker-daemon.json.in
data/clients/podman.conf: data/clients/podman.conf.in
