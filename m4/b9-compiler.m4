# SPDX-License-Identifier: Apache-2.0
# The language, warnings, hardening, and the two instrumented builds.

AC_DEFUN([B9_C17], [
  AC_MSG_CHECKING([how to ask $CC for C17 with GNU extensions])
  b9_saved=$CFLAGS
  CFLAGS="$CFLAGS -std=gnu17"
  AC_COMPILE_IFELSE([AC_LANG_SOURCE([[int main (void) { return 0; }]])],
    [AC_MSG_RESULT([-std=gnu17])], [AC_MSG_ERROR([$CC does not know -std=gnu17])])
  CFLAGS=$b9_saved
  AC_SUBST([B9_STD], [-std=gnu17])
])

# B9_TRY_FLAG(VARIABLE, FLAG): adds FLAG to VARIABLE where compiler and linker take it.
AC_DEFUN([B9_TRY_FLAG], [
  b9_saved=$CFLAGS
  CFLAGS="$CFLAGS -Werror $2"
  AC_LINK_IFELSE([AC_LANG_PROGRAM([[]], [[]])], [$1="$$1 $2"])
  CFLAGS=$b9_saved
])

AC_DEFUN([B9_WARNINGS], [
  AC_ARG_ENABLE([werror], [AS_HELP_STRING([--enable-werror], [make warnings errors])])
  m4_foreach_w([flag], [-Wall -Wextra -Wformat=2 -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wpointer-arith
                        -Wwrite-strings -Wundef -Wno-missing-field-initializers -Wvla -Wimplicit-fallthrough],
    [B9_TRY_FLAG([B9_WARN], flag)])
  AS_IF([test "$enable_werror" = yes], [B9_WARN="$B9_WARN -Werror"])
  AC_SUBST([B9_WARN])
])

AC_DEFUN([B9_HARDENING], [
  AC_ARG_ENABLE([hardening], [AS_HELP_STRING([--disable-hardening], [leave out the hardening flags])])
  AS_IF([test "$enable_hardening" != no], [
    m4_foreach_w([flag], [-fstack-protector-strong -fstack-clash-protection -fcf-protection -fPIE],
      [B9_TRY_FLAG([B9_HARDEN], flag)])
    AS_IF([test "$enable_sanitizers" != yes],
      [AS_CASE([" $CFLAGS $CPPFLAGS "], [*FORTIFY_SOURCE*|*" -O0 "*], [], [B9_FORTIFY="-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"])])
    B9_HARDEN_LINK="-pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--as-needed"
  ])
  AC_SUBST([B9_HARDEN]) AC_SUBST([B9_FORTIFY]) AC_SUBST([B9_HARDEN_LINK])
])

AC_DEFUN([B9_SANITIZERS], [
  AC_ARG_ENABLE([sanitizers], [AS_HELP_STRING([--enable-sanitizers], [build with AddressSanitizer and UBSan])])
  # clang leaves the sanitizers' symbols of a module to the program that opens it.
  AS_IF([test "$enable_sanitizers" = yes],
    [B9_SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer"],
    [B9_NO_UNDEFINED="-Wl,-z,defs"])
  AC_SUBST([B9_SANITIZE]) AC_SUBST([B9_NO_UNDEFINED])
  AM_CONDITIONAL([SANITIZERS], [test "$enable_sanitizers" = yes])
])

AC_DEFUN([B9_COVERAGE], [
  AC_ARG_ENABLE([coverage], [AS_HELP_STRING([--enable-coverage], [build for gcov; then: make coverage])])
  # gcc writes the counts before an execve, once; after vfork(2) that would be the parent's last time, too.
  AS_IF([test "$enable_coverage" = yes], [B9_COVER="--coverage -O0 -fno-builtin-execve"])
  AC_PATH_PROG([GCOVR], [gcovr])
  AC_SUBST([B9_COVER])
  AM_CONDITIONAL([COVERAGE], [test "$enable_coverage" = yes])
])

AC_DEFUN([B9_REPORT], [
  AC_MSG_NOTICE([
  b9run $PACKAGE_VERSION
    prefix      $prefix
    compiler    $CC $CFLAGS
    tests       check: $b9_have_check
    sanitizers  ${enable_sanitizers:-no}    coverage  ${enable_coverage:-no}
  ])
])
