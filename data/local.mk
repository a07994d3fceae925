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
