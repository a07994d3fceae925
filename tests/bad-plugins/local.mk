# SPDX-License-Identifier: Apache-2.0
# The modules that the registry's test loads: sound ones, and one for every reason to refuse a plugin.  They are linked without
# libtool and without -z defs: an undefined symbol is what one of them is for.
bad_plugins = \
	tests/bad-plugins/a-squatter.so \
	tests/bad-plugins/b9-backend-asked.so \
	tests/bad-plugins/b9-backend-good.so \
	tests/bad-plugins/b9-backend-mixed.so \
	tests/bad-plugins/b9-backend-newer.so \
	tests/bad-plugins/b9-backend-older.so \
	tests/bad-plugins/b9-backend-other.so \
	tests/bad-plugins/b9-checkpoint-asked.so \
	tests/bad-plugins/b9-gpu-asked.so \
	tests/bad-plugins/b9-gpu-flow.so \
	tests/bad-plugins/b9-gpu-good.so \
	tests/bad-plugins/b9-gpu-other.so \
	tests/bad-plugins/bad-gpu-key.so \
	tests/bad-plugins/bad-key-name.so \
	tests/bad-plugins/bad-provider-name.so \
	tests/bad-plugins/bad-utf8.so \
	tests/bad-plugins/control-character.so \
	tests/bad-plugins/duplicate.so \
	tests/bad-plugins/empty-name.so \
	tests/bad-plugins/empty-programs.so \
	tests/bad-plugins/empty-providers.so \
	tests/bad-plugins/endless-text.so \
	tests/bad-plugins/lying-size.so \
	tests/bad-plugins/newer-minor.so \
	tests/bad-plugins/no-build-argv.so \
	tests/bad-plugins/no-choices.so \
	tests/bad-plugins/no-default-root.so \
	tests/bad-plugins/no-detect.so \
	tests/bad-plugins/no-find.so \
	tests/bad-plugins/no-key-summary.so \
	tests/bad-plugins/no-license.so \
	tests/bad-plugins/no-name.so \
	tests/bad-plugins/no-programs.so \
	tests/bad-plugins/no-provider-name.so \
	tests/bad-plugins/no-providers.so \
	tests/bad-plugins/no-summary.so \
	tests/bad-plugins/no-symbol.so \
	tests/bad-plugins/no-version.so \
	tests/bad-plugins/no-vtable.so \
	tests/bad-plugins/no-way.so \
	tests/bad-plugins/other-major.so \
	tests/bad-plugins/program-path.so \
	tests/bad-plugins/relative-root.so \
	tests/bad-plugins/reserved-key.so \
	tests/bad-plugins/short-descriptor.so \
	tests/bad-plugins/short-key.so \
	tests/bad-plugins/short-provider.so \
	tests/bad-plugins/short-vtable.so \
	tests/bad-plugins/tiny-symbol.so \
	tests/bad-plugins/too-many-providers.so \
	tests/bad-plugins/twice.so \
	tests/bad-plugins/unknown-key-type.so \
	tests/bad-plugins/unknown-kind.so \
	tests/bad-plugins/unresolved.so \
	tests/bad-plugins/wrong-magic.so
bad_plugin_sources = $(bad_plugins:.so=.c)

# Each name is in its target, so $(@:.so=.c) is its source.
$(bad_plugins): $(bad_plugin_sources) tests/bad-plugins/fixture.h tests/bad-plugins/fixture-gpu.h tests/bad-plugins/fixture-probe.h $(b9include_HEADERS)
	@$(MKDIR_P) $(@D)
	$(AM_V_CCLD)$(CC) $(DEFS) $(DEFAULT_INCLUDES) $(AM_CPPFLAGS) $(CPPFLAGS) $(AM_CFLAGS) $(GLIB_CFLAGS) $(CFLAGS) -fPIC \
	  -shared -o $@ $(srcdir)/$(@:.so=.c) $(LDFLAGS) $(GLIB_LIBS)

check_DATA = $(bad_plugins)
CLEANFILES += $(bad_plugins)
EXTRA_DIST += $(bad_plugin_sources) tests/bad-plugins/fixture.h tests/bad-plugins/fixture-gpu.h tests/bad-plugins/fixture-probe.h
