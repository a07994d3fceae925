# SPDX-License-Identifier: Apache-2.0
dist_man_MANS += docs/man/b9run.8 docs/man/b9run.yaml.5
dist_doc_DATA = README.md CONTRIBUTING.md NEWS docs/architecture.md docs/capabilities.md docs/plugin-authors.md data/b9run.yaml
verificationdir = $(docdir)/verification
dist_verification_DATA = docs/verification/README.md docs/verification/cgroup-v2.md docs/verification/faults.md
guidesdir = $(docdir)/guides
dist_guides_DATA = \
	docs/guides/checkpoint.md \
	docs/guides/containerd.md \
	docs/guides/docker.md \
	docs/guides/gpu-cdi.md \
	docs/guides/gpus.md \
	docs/guides/kubernetes.md \
	docs/guides/podman.md \
	docs/guides/troubleshooting.md

# The manual pages, the completions and the page of capabilities must say what the program does.
TESTS += tests/check-man.sh tests/check-capabilities.sh tests/check-completions.sh
EXTRA_DIST += tests/check-man.sh tests/check-capabilities.sh tests/check-completions.sh
check_PROGRAMS += tests/print-capabilities
tests_print_capabilities_SOURCES = tests/print-capabilities.c
tests_print_capabilities_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
tests_print_capabilities_LDADD = libb9core.la $(GLIB_LIBS)
check_PROGRAMS += tests/test-man-keys
tests_test_man_keys_SOURCES = tests/test-man-keys.c
tests_test_man_keys_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS)
tests_test_man_keys_LDADD = libb9core.la $(GLIB_LIBS)
