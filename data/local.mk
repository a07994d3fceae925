# SPDX-License-Identifier: Apache-2.0
pkgconfigdir = $(libdir)/pkgconfig
nodist_pkgconfig_DATA = data/b9run-plugin-1.pc
EXTRA_DIST += data/b9run.yaml
