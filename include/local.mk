# SPDX-License-Identifier: Apache-2.0
b9includedir = $(includedir)/b9run
b9include_HEADERS = \
	include/b9run/b9-backend.h \
	include/b9run/b9-capability.h \
	include/b9run/b9-checkpoint.h \
	include/b9run/b9-error.h \
	include/b9run/b9-gpu.h \
	include/b9run/b9-host.h \
	include/b9run/b9-plugin.h \
	include/b9run/b9-spec.h
